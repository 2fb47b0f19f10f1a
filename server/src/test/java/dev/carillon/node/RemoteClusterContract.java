package dev.carillon.node;

import static dev.carillon.node.TestCluster.metric;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.process.Relay;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.SseClient;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What a cluster does besides where its broker is a server that can fail. */
public abstract class RemoteClusterContract extends ClusterContract {
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private final TestServer server;

    protected RemoteClusterContract(TestServer server) {
        this.server = server;
    }

    @Override
    protected String broker() {
        return server.address();
    }

    @AfterAll
    void stopServer() {
        // The parent's cluster may close before or after: it closes within its bounds in both cases.
        server.close();
    }

    private static double holes(Node node) {
        return metric(node, "carillon_feed_gaps_total{found=\"sequence\"}")
                + metric(node, "carillon_feed_gaps_total{found=\"heads\"}");
    }

    /** Broadcasts on each node until a client of each other node has it. */
    private void awaitCrossing(TestCluster of, List<SseClient> clients, String topic) {
        for (Node from : of.nodes()) {
            await().pollInterval(Duration.ofMillis(100)).until(() -> {
                String data = "crossing " + NUMBERS.incrementAndGet();
                HttpResponse<String> response = TestCluster.post(
                        from, TestCluster.token(), "{\"scope\":\"topic:" + topic + "\",\"data\":\"" + data + "\"}");
                if (response.statusCode() != 200) {
                    assertThat(response.statusCode()).as(response.body()).isEqualTo(503);
                    assertThat(response.headers().firstValue("Retry-After")).isPresent();
                    return false;
                }
                return crossed(clients, data);
            });
        }
    }

    /** A node that is not back yet when another broadcasts does not get it: then the next one crosses. */
    private static boolean crossed(List<SseClient> clients, String data) {
        try {
            await().until(() -> clients.stream().allMatch(c -> c.data().contains(data)));
            return true;
        } catch (ConditionTimeoutException e) {
            return false;
        }
    }

    private static List<SseClient> clients(TestCluster of, String topic) {
        return of.nodes().stream()
                .map(n -> SseClient.open(n.port(), "/events?topic=" + topic).opened())
                .toList();
    }

    private void restartUnderStreams(TestServer.Data what, String topic) {
        try (TestCluster own = new TestCluster(server.address(), 2, Map.of())) {
            List<SseClient> clients = clients(own, topic);
            awaitCrossing(own, clients, topic);
            if (what == TestServer.Data.OLDER) {
                server.saveCopy();
                awaitCrossing(own, clients, topic);
                awaitCrossing(own, clients, topic);
            }
            String before = String.valueOf(clients.getFirst().all().getLast().id());
            server.restart(what);

            awaitCrossing(own, clients, topic);
            for (SseClient client : clients) {
                assertThat(client.hasEnded()).as("the stream stayed").isFalse();
                List<String> ids = client.all().stream()
                        .flatMap(e -> Optional.ofNullable(e.id()).stream())
                        .toList();
                Set<String> distinct = new HashSet<>(ids);
                assertThat(ids).as("positions, which the ids encode").hasSameSizeAs(distinct);
                // Nobody can know whether the broker had acknowledged more than it came back with.
                // Taking a copy may need a restart of its own. A node that was back after the first event of the new
                // epoch reads on
                // from a position that is gone: it tells that, too.
                assertThat(reasons(client)).isSubsetOf("epoch", "lost");
                assertThat(reasons(client).stream().filter("epoch"::equals))
                        .hasSizeBetween(1, what == TestServer.Data.OLDER ? 2 : 1);
            }
            SseClient resumed =
                    SseClient.open(own.node(1).port(), "/events?topic=" + topic, Map.of("Last-Event-ID", before));
            clients.getFirst().await(2);
            awaitCrossing(own, List.of(resumed), topic);
            assertThat(reasons(resumed)).hasSize(1).containsAnyOf("history", "unknown");
            resumed.close();
            clients.forEach(SseClient::close);
        }
    }

    /** Of the tenant's log: the log of system events, which begins an epoch too, has no cursors. */
    private static List<String> reasons(SseClient client) {
        return client.all().stream()
                .filter(e -> "carillon.gap".equals(e.type())
                        && (e.data().contains("after") || e.data().contains("unknown")))
                .map(e -> e.data().replaceAll(".*\"reason\":\"([a-z]+)\".*", "$1"))
                .toList();
    }

    @Test
    void streams_stay_over_a_restart_of_the_broker_with_its_data() {
        restartUnderStreams(TestServer.Data.KEPT, "kept");
    }

    @Test
    void streams_stay_over_a_restart_without_its_data() {
        restartUnderStreams(TestServer.Data.LOST, "lost");
    }

    @Test
    void streams_stay_over_a_restart_from_an_older_copy() {
        restartUnderStreams(TestServer.Data.OLDER, "older");
    }

    @Test
    void client_that_resumes_from_an_event_repeated_after_data_loss_receives_a_gap() {
        comeBackByRepeated(TestServer.Data.LOST, "again-lost");
    }

    @Test
    void client_that_resumes_from_an_event_repeated_after_a_restore_receives_a_gap() {
        comeBackByRepeated(TestServer.Data.OLDER, "again-older");
    }

    private void comeBackByRepeated(TestServer.Data what, String topic) {
        try (TestCluster own = new TestCluster(server.address(), 2, Map.of())) {
            List<SseClient> clients = clients(own, topic);
            awaitCrossing(own, clients, topic);
            if (what == TestServer.Data.OLDER) {
                server.saveCopy();
                awaitCrossing(own, clients, topic);
            }
            SseClient leaving =
                    SseClient.open(own.node(0).port(), "/events?topic=" + topic).opened();
            String id = topic + " had";
            String had = "{\"scope\":\"topic:" + topic + "\",\"data\":\"had\",\"id\":\"" + id + "\"}";
            TestCluster.broadcast(own.node(0), had);
            leaving.awaitData("had");
            leaving.close();
            server.restart(what);
            awaitCrossing(own, clients, topic);
            TestCluster.broadcast(own.node(0), "{\"scope\":\"topic:" + topic + "\",\"data\":\"missed\"}");
            // As one does that had no answer.
            TestCluster.broadcast(own.node(0), had);
            TestCluster.broadcast(own.node(0), "{\"scope\":\"topic:" + topic + "\",\"data\":\"next\"}");

            SseClient again = SseClient.open(own.node(1).port(), "/events?topic=" + topic, Map.of("Last-Event-ID", id));

            again.awaitData("next");
            assertThat(again.data()).containsExactly("next");
            assertThat(reasons(again)).containsExactly("repeated");
            String gap = again.all().get(1).data();
            assertThat(gap).contains("\"before\":\"" + id + "\"");
            String cursor = gap.replaceAll(".*\"after\":\"([^\"]*)\".*", "$1");
            assertThat(history(own.node(1), topic, cursor)).contains("\"missed\"", "\"had\"", "\"gap\":false");
            assertThat(history(own.node(1), topic, URLEncoder.encode(id, StandardCharsets.UTF_8)))
                    .contains("\"next\"", "\"gap\":true")
                    .doesNotContain("\"missed\"");
            again.close();
            clients.forEach(SseClient::close);
        }
    }

    private static String history(Node node, String topic, String after) {
        return TestCluster.get(node.port(), "/history?scope=topic:" + topic + "&after=" + after)
                .body();
    }

    @Test
    void clients_of_a_node_whose_link_was_a_black_hole_get_all_in_order_under_traffic_and_in_silence() {
        try (Relay relay = new Relay(server.port());
                TestCluster own = new TestCluster(server.address(), 1, Map.of("broker-timeout", "2s"))) {
            Node cut = own.add("behind-" + System.nanoTime(), server.address(relay));
            for (String kind : List.of("traffic", "silence")) {
                List<SseClient> clients = clients(own, kind);
                awaitCrossing(own, clients, kind);
                assertThat(holes(own.node(0))).isZero();
                double before = holes(cut);

                relay.blackHole();
                TestCluster.broadcast(own.node(0), "{\"scope\":\"topic:" + kind + "\",\"data\":\"in the hole\"}");
                await().until(() ->
                        TestCluster.get(cut.port(), "/_health").body().contains("degraded"));
                assertThat(TestCluster.get(cut.port(), "/_health").statusCode()).isEqualTo(200);
                assertThat(TestCluster.post(
                                        cut,
                                        TestCluster.token(),
                                        "{\"scope\":\"topic:" + kind + "\",\"data\":\"never\"}")
                                .statusCode())
                        .isEqualTo(503);
                SseClient refused = SseClient.open(cut.port(), "/events?topic=new-" + kind);
                await().until(refused::hasEnded);
                assertThat(refused.status()).contains("200");
                assertThat(refused.lastRetry()).isNotNull();
                relay.heal();
                if (kind.equals("traffic")) {
                    awaitCrossing(own, clients, kind);
                }

                await().until(() -> holes(cut) > before);
                clients.get(1).awaitData("in the hole");
                awaitCrossing(own, clients, kind);
                await().untilAsserted(() -> assertThat(clients.get(1).data())
                        .isEqualTo(clients.get(0).data()));
                assertThat(clients.get(0).data()).contains("in the hole");
                assertThat(clients).noneMatch(SseClient::hasEnded);
                clients.forEach(c -> assertThat(c.all()).noneMatch(e -> "carillon.gap".equals(e.type())));
                clients.forEach(c -> assertThat(c.data()).doesNotContain("never"));
                assertThat(holes(own.node(0))).isZero();
                clients.forEach(SseClient::close);
            }
        }
    }

    @Test
    void unavailable_broker_is_reported_with_503_and_the_node_stays() {
        try (TestCluster own = new TestCluster(
                server.address(), 1, Map.of("degraded-status", "503", "scope-policies", "topic:cursors/*=0/node"))) {
            Node node = own.node(0);
            SseClient client = SseClient.open(node.port(), "/events?route=/told&topic=cursors/1")
                    .opened();
            assertThat(TestCluster.get(node.port(), "/_health").statusCode()).isEqualTo(200);
            server.stop();
            await().until(() -> TestCluster.get(node.port(), "/_health").statusCode() == 503);
            HttpResponse<String> response =
                    TestCluster.post(node, TestCluster.token(), "{\"scope\":\"global\",\"data\":\"x\"}");
            assertThat(response.statusCode()).isEqualTo(503);
            assertThat(response.body()).contains("broker-unavailable");
            assertThat(TestCluster.get(node.adminPort(), "/health/ready").statusCode())
                    .isEqualTo(200);
            client.await(2);
            HttpResponse<String> here =
                    TestCluster.post(node, TestCluster.token(), "{\"scope\":\"topic:cursors/1\",\"data\":\"here\"}");
            assertThat(here.statusCode()).isEqualTo(200);
            assertThat(here.body()).contains("\"reach\":\"node\"");
            client.awaitData("here");
            server.start();
            await().until(() -> TestCluster.get(node.port(), "/_health").statusCode() == 200);
            client.await(4);
            assertThat(client.all().stream()
                            .skip(1)
                            .filter(e -> e.type() != null)
                            .map(e -> e.type() + " " + e.data() + " " + e.id()))
                    .containsExactly(
                            "carillon.status {\"broker\":\"unavailable\"} null",
                            "carillon.status {\"broker\":\"connected\"} null");
            client.close();
        }
    }
}
