package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.carillon.base.ConfigException;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How a node leaves: health first, then its streams, spread over the time that it has. */
class DrainIT {
    /** No test waits for it: the test ends it. */
    private static final String LONG = "10m";

    private static final String NO_RATE = "0";

    private @Nullable TestCluster cluster;

    @AfterEach
    void close() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void during_the_notice_health_says_draining_and_clients_are_still_taken() {
        Node node = node(LONG, LONG);
        SseClient before = SseClient.open(node.port(), "/events").opened();

        drain(node);

        awaitHealth(node, 503);
        assertThat(TestCluster.get(node.port(), "/_health").body()).contains("\"status\":\"draining\"");
        assertThat(TestCluster.get(node.adminPort(), "/health/ready").statusCode())
                .isEqualTo(503);
        assertThat(TestCluster.get(node.adminPort(), "/health/live").statusCode())
                .isEqualTo(200);
        SseClient late = SseClient.open(node.port(), "/events").opened();
        TestCluster.broadcast(node, "{\"scope\":\"global\",\"data\":\"still here\"}");
        before.awaitData("still here");
        late.awaitData("still here");
        assertThat(before.hasEnded()).isFalse();
    }

    @Test
    void new_streams_are_refused_temporarily_after_the_notice_and_answers_close_their_connection() {
        Node node = node("0s", LONG, NO_RATE);
        List<SseClient> open = open(node, 200);

        drain(node);

        awaitHealth(node, 503);
        Awaitility.await().until(() -> open.stream().anyMatch(SseClient::hasEnded));
        SseClient refused = SseClient.open(node.port(), "/events");
        Awaitility.await().until(refused::hasEnded);
        assertThat(refused.status()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(refused.header("Carillon-Refused")).isEqualTo("draining");
        assertThat(refused.lastRetry()).isNotNull();
        assertThat(refused.all())
                .extracting(SseClient.Received::type, SseClient.Received::data)
                .containsExactly(tuple("carillon.close", "{\"reason\":\"unavailable\"}"));
        assertThat(refused.wasCutOff()).isTrue();
        HttpResponse<String> broadcast =
                TestCluster.post(node, TestCluster.token(), "{\"scope\":\"global\",\"data\":\"one more\"}");
        assertThat(broadcast.statusCode()).isEqualTo(200);
        assertThat(broadcast.headers().firstValue("Connection")).contains("close");
    }

    @Test
    void streams_end_spread_over_the_time_without_a_rate() {
        Node node = node("0s", LONG, NO_RATE);
        List<SseClient> clients = open(node, 200);

        drain(node);

        Awaitility.await().until(() -> clients.stream().anyMatch(SseClient::hasEnded));
        // One in three seconds: however late this thread looks, most are still open.
        assertThat(clients.stream().filter(SseClient::hasEnded)).hasSizeLessThan(100);
    }

    @Test
    void streams_end_not_long_before_the_time_is_over_each_with_a_delay_of_its_own() throws InterruptedException {
        Node node = node("0s", "2s", NO_RATE);
        List<SseClient> clients = open(node, 200);
        long began = System.nanoTime();

        CountDownLatch drained = drain(node);
        drained.await();
        Duration taken = Duration.ofNanos(System.nanoTime() - began);

        Awaitility.await().until(() -> clients.stream().allMatch(SseClient::hasEnded));
        assertThat(taken).isGreaterThan(Duration.ofSeconds(1));
        Set<String> delays = new HashSet<>();
        for (SseClient client : clients) {
            assertThat(client.wasCutOff()).isTrue();
            assertThat(client.lastRetry()).isNotNull();
            delays.add(String.valueOf(client.lastRetry()));
        }
        assertThat(delays).hasSizeGreaterThan(100);
    }

    @Test
    void it_stops_before_its_time_when_no_stream_is_left() throws InterruptedException {
        Node node = node("0s", LONG);
        int port = node.port();

        node.drain();

        assertThatThrownBy(() -> TestCluster.get(port, "/_health")).hasCauseInstanceOf(ConnectException.class);
    }

    @Test
    void a_request_that_it_has_received_is_answered_before_it_stops() throws Exception {
        Node node = node("0s", LONG);
        String body = "{\"scope\":\"global\",\"data\":\"late\"}";
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
            client.setSoTimeout(Patience.LIMIT_MILLIS);
            send(
                    client,
                    "POST /broadcast HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                            + TestCluster.token() + "\r\nContent-Length: " + body.length() + "\r\n\r\n"
                            + body.substring(0, 5));
            Awaitility.await()
                    .until(() -> TestCluster.get(node.adminPort(), "/metrics")
                            .body()
                            .contains("carillon_requests_open 1.0"));
            CountDownLatch drained = drain(node);
            awaitHealth(node, 503);
            send(client, body.substring(5));

            assertThat(new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1))
                            .readLine())
                    .isEqualTo("HTTP/1.1 200 OK");
            drained.await();
        }
    }

    private static void send(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void closing_cuts_a_drain_short() throws InterruptedException {
        Node node = node(LONG, LONG);
        SseClient client = SseClient.open(node.port(), "/events").opened();
        CountDownLatch drained = drain(node);
        awaitHealth(node, 503);

        node.close();

        drained.await();
        Awaitility.await().until(client::hasEnded);
        assertThat(client.lastRetry()).isNotNull();
    }

    @Test
    void a_notice_that_is_longer_than_the_whole_is_refused() {
        assertThatThrownBy(() -> TestCluster.config("n", "memory", Map.of("drain-notice", "6s", "drain-timeout", "5s")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("drain-notice: 6000ms: must not be longer than drain-timeout");
        assertThat(new DrainConfig(Duration.ZERO, Duration.ZERO, 0).notice()).isZero();
    }

    @Test
    void streams_end_at_the_rate_of_the_other_nodes_long_before_the_time_is_over() throws InterruptedException {
        Node node = node("0s", LONG, "100");
        List<SseClient> clients = open(node, 200);

        CountDownLatch drained = drain(node);

        Awaitility.await().until(() -> clients.stream().anyMatch(SseClient::hasEnded));
        assertThat(clients.stream().filter(SseClient::hasEnded)).hasSizeLessThan(150);
        drained.await();
        Awaitility.await().until(() -> clients.stream().allMatch(SseClient::hasEnded));
        assertThat(node.drained()).isTrue();
    }

    @Test
    void operator_drains_the_node_and_sees_how_far_it_is() throws Exception {
        Node node = node(LONG, LONG);
        SseClient client = SseClient.open(node.port(), "/events").opened();
        assertThat(TestCluster.get(node.adminPort(), "/admin/drain").body())
                .contains("\"phase\":\"serving\"")
                .doesNotContain("remainingMillis");
        assertThat(post(node, "/admin/drain", null).statusCode()).isEqualTo(401);
        assertThat(TestCluster.get(node.port(), "/_health").statusCode()).isEqualTo(200);

        HttpResponse<String> begun = post(node, "/admin/drain", TestCluster.OPERATOR);

        assertThat(begun.statusCode()).isEqualTo(202);
        awaitHealth(node, 503);
        assertThat(TestCluster.get(node.adminPort(), "/admin/drain").body())
                .contains("\"phase\":\"notice\"", "\"connections\":1", "\"connectionsAtStart\":1", node.id())
                .containsPattern("\"remainingMillis\":5\\d{5}");
        assertThat(post(node, "/admin/drain", TestCluster.OPERATOR).statusCode())
                .isEqualTo(202);
        assertThat(client.hasEnded()).isFalse();
        assertThat(node.drained()).isFalse();
    }

    @Test
    void node_that_an_operator_drained_stops() throws Exception {
        Node node = node("0s", LONG);
        SseClient client = SseClient.open(node.port(), "/events").opened();

        assertThat(post(node, "/admin/drain", TestCluster.OPERATOR).statusCode())
                .isEqualTo(202);

        node.awaitStopped();
        assertThat(node.drained()).isTrue();
        Awaitility.await().until(client::hasEnded);
    }

    @Test
    void embedded_node_cannot_be_reloaded() throws Exception {
        Node node = node("0s", LONG);

        HttpResponse<String> refused = post(node, "/admin/reload", TestCluster.OPERATOR);

        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.body()).contains("reload-unavailable", "restart it");
    }

    private static HttpResponse<String> post(Node node, String path, @Nullable String token) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.adminPort() + path))
                .POST(HttpRequest.BodyPublishers.noBody());
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private Node node(String notice, String timeout) {
        return node(notice, timeout, "500");
    }

    private Node node(String notice, String timeout, String rate) {
        cluster = new TestCluster(
                "memory",
                1,
                Map.of(
                        "drain-notice",
                        notice,
                        "drain-timeout",
                        timeout,
                        "drain-rate",
                        rate,
                        "operator-token",
                        TestCluster.OPERATOR));
        return cluster.node(0);
    }

    private static List<SseClient> open(Node node, int count) {
        List<SseClient> clients = new ArrayList<>();
        IntStream.range(0, count).forEach(i -> clients.add(SseClient.open(node.port(), "/events")));
        clients.forEach(SseClient::opened);
        return clients;
    }

    /** Starts a drain; the latch opens when the node has stopped. */
    static CountDownLatch drain(Node node) {
        CountDownLatch drained = new CountDownLatch(1);
        Thread.ofVirtual().start(() -> {
            try {
                node.drain();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            drained.countDown();
        });
        return drained;
    }

    private static void awaitHealth(Node node, int status) {
        Awaitility.await().until(() -> TestCluster.get(node.port(), "/_health").statusCode() == status);
    }
}
