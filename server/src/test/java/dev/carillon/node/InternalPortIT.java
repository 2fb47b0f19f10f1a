package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.ConfigException;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InternalPortIT {
    /** Reserved: nothing listens there. */
    private static final String NOWHERE = "127.0.0.1:1";

    private static final int MAX_CONNECTIONS = 1_024;
    private static final String NO_CONTEXT = "AAAAAAAAAAAAAAAAAAAAAA";

    private static String health(Node node) {
        return TestCluster.get(node.adminPort(), "/_health/cluster").body();
    }

    @Test
    void node_that_cannot_be_reached_is_named_and_the_others_are_asked() {
        try (TestCluster cluster = new TestCluster("memory://unreachable", 2, Map.of());
                Node _ = Node.start(TestCluster.config("lost", "memory://unreachable", Map.of("advertise", NOWHERE)));
                SseClient client =
                        SseClient.open(cluster.node(0).port(), "/events").opened()) {
            HttpResponse<String> answer = TestCluster.disconnect(cluster.node(1), client.opening("context"));
            HttpResponse<String> none = TestCluster.disconnect(cluster.node(1), NO_CONTEXT);

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body())
                    .contains("\"closed\":1")
                    .containsPattern("\"unreachable\":\\[\\{\"node\":\"lost\",\"generation\":\\d+,\"address\":\""
                            + NOWHERE + "\",\"code\":\"node-unreachable\",\"reason\":\"" + NOWHERE);
            await().until(client::hasEnded);
            assertThat(none.statusCode()).isEqualTo(502);
            assertThat(none.body()).contains("\"node-unreachable\"", "lost");
            assertThat(health(cluster.node(0)))
                    .contains("\"status\":\"degraded\"")
                    .containsPattern("\"unreachable\":\\[\\{\"node\":\"lost\"");
            assertThat(TestCluster.metric(
                            cluster.node(0), "carillon_cluster_calls_sent_total{outcome=\"unreachable\"}"))
                    .isPositive();
        }
    }

    @Test
    void nodes_without_a_secret_say_that_they_cannot_call_each_other() {
        try (WatchedLog log = new WatchedLog();
                TestCluster cluster = new TestCluster("memory://no-secret", 2, Map.of("secret", ""))) {
            assertThat(health(cluster.node(0)))
                    .contains("\"code\":\"call-refused\"")
                    .contains("started without a secret")
                    .contains("set secret, the same on every node");
            assertThat(log.pairs())
                    .anySatisfy(line -> assertThat(line)
                            .contains("setting=\"secret\"")
                            .contains("set the same secret on every node"));
        }
    }

    @Test
    void nodes_with_different_secrets_refuse_each_others_calls() {
        try (Node one = Node.start(TestCluster.config("one", "memory://secrets", Map.of()));
                Node _ = Node.start(TestCluster.config(
                        "two", "memory://secrets", Map.of("secret", "another secret of the tests")))) {
            assertThat(health(one))
                    .contains("\"code\":\"call-refused\"")
                    .contains("secret must be the same on every node");
        }
    }

    @Test
    void node_that_took_over_an_id_is_called_at_its_own_address() {
        try (Node one = Node.start(TestCluster.config("one", "memory://again", Map.of()))) {
            try (Node first = Node.start(TestCluster.config("two", "memory://again", Map.of()))) {
                await().until(() -> health(one).contains("127.0.0.1:" + first.internalPort() + "\""));
            }
            try (Node second = Node.start(TestCluster.config("two", "memory://again", Map.of()))) {
                // What was asked before may be a second old.
                await().untilAsserted(() -> assertThat(health(one))
                        .contains("127.0.0.1:" + second.internalPort() + "\"")
                        .contains("\"unreachable\":[]")
                        .contains("\"status\":\"ok\""));
            }
        }
    }

    @Test
    void start_that_fails_leaves_no_record() {
        try (Node one = Node.start(TestCluster.config("one", "memory://failed", Map.of()))) {
            assertThatThrownBy(() -> Node.start(TestCluster.config(
                            "two", "memory://failed", Map.of("admin-port", Integer.toString(one.adminPort())))))
                    .isInstanceOf(ConfigException.class);

            assertThat(health(one)).contains("\"one\"").doesNotContain("\"two\"");
        }
    }

    @Test
    void node_that_drains_says_so_to_the_others() throws InterruptedException {
        Map<String, String> slowly = Map.of("drain-notice", "2m", "drain-timeout", "3m");
        Thread drain;
        try (Node one = Node.start(TestCluster.config("one", "memory://drains", Map.of()));
                Node two = Node.start(TestCluster.config("two", "memory://drains", slowly))) {
            drain = Thread.startVirtualThread(() -> {
                try {
                    two.drain();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });

            await().until(() -> health(one).contains("\"state\":\"draining\""));
        }
        drain.join();
    }

    @Test
    void connections_of_strangers_to_the_internal_and_the_admin_port_are_bounded() throws IOException {
        // They would be closed by that time otherwise.
        Map<String, String> patient = Map.of("header-timeout", "10m", "idle-timeout", "10m");
        try (Node node = Node.start(TestCluster.config("n", "memory://strangers", patient))) {
            for (int port : List.of(node.internalPort(), node.adminPort())) {
                List<SocketChannel> strangers = new ArrayList<>();
                try {
                    for (int i = 0; i < MAX_CONNECTIONS + 100; i++) {
                        SocketChannel stranger =
                                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                        strangers.add(stranger);
                        stranger.configureBlocking(false);
                    }

                    await().until(() ->
                            strangers.stream().filter(InternalPortIT::wasClosed).count() >= 100);
                    assertThat(TestCluster.get(port, "/health").statusCode()).isIn(200, 404);
                } finally {
                    for (SocketChannel stranger : strangers) {
                        stranger.close();
                    }
                }
            }
        }
    }

    private static boolean wasClosed(SocketChannel channel) {
        try {
            return channel.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void node_without_an_operators_token_refuses_to_act_and_says_why() {
        try (Node node = Node.start(TestCluster.config("n", "memory://no-operator", Map.of("operator-token", "")))) {
            HttpResponse<String> answer = TestCluster.disconnect(node, NO_CONTEXT);

            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("\"operator-routes-disabled\"", "operator-token");
            assertThat(TestCluster.get(node.adminPort(), "/health").statusCode())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/contexts/a%20b",
                "/contexts/" + NO_CONTEXT + "?id=" + NO_CONTEXT,
                "/contexts/" + NO_CONTEXT + "?tenant=a&tenant=b",
                "/contexts/" + NO_CONTEXT + "?tenant=%20",
                "/contexts/" + NO_CONTEXT + "?tenat=acme"
            })
    void request_of_an_operator_that_is_wrong_is_refused(String target) {
        try (Node node = Node.start(TestCluster.config("n", "memory://operator-mistakes", Map.of()))) {
            HttpResponse<String> answer =
                    TestCluster.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.adminPort() + target))
                            .header("Authorization", "Bearer " + TestCluster.OPERATOR)
                            .DELETE()
                            .build());

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "[::]"})
    void wildcard_address_without_an_advertised_one_is_refused_and_says_what_to_do(String host) {
        assertThatThrownBy(() -> TestCluster.config("n", "memory", Map.of("internal-host", host)))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("advertise: (none): must be given, as HOST or HOST:PORT")
                .hasMessageEndingWith("when internal-host is " + host);
    }

    @Test
    void advertised_host_has_the_port_of_the_listener() {
        Map<String, String> settings = Map.of("internal-host", "0.0.0.0", "advertise", "localhost");
        try (Node one = Node.start(TestCluster.config("one", "memory://advertise", settings));
                Node two = Node.start(TestCluster.config("two", "memory://advertise", settings))) {
            assertThat(health(one))
                    .contains("\"address\":\"localhost:" + two.internalPort() + "\"")
                    .contains("\"unreachable\":[]");
        }
    }
}
