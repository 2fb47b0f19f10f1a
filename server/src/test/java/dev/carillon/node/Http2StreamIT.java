package dev.carillon.node;

import static dev.carillon.node.TestCluster.metric;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams of HTTP/2, frame by frame: who leaves, who reads too slowly, and who does not read at all. */
class Http2StreamIT {
    private static final int LARGE = 1 << 30;
    private static final int OUTBOX_BYTES = 64 * 1024;
    private static final String BLOCK = "x".repeat(8 * 1024);
    private static final String SLOW = "carillon_connections_closed_total{reason=\"slow\"}";

    /** No heartbeat, because it would flush remaining frames. */
    private static final Map<String, String> SETTINGS = Map.of(
            "h2c",
            "true",
            "outbox-max-bytes",
            Integer.toString(OUTBOX_BYTES),
            "heartbeat",
            "10m",
            "drain-notice",
            "0s",
            "drain-timeout",
            "4s");

    private final WatchedLog log = new WatchedLog();
    private TestCluster cluster;
    private Node node;

    @BeforeEach
    void start() {
        cluster = new TestCluster("memory", 1, SETTINGS);
        node = cluster.node(0);
    }

    @AfterEach
    void stop() {
        cluster.close();
        log.close();
        assertThat(log.warnings()).isEmpty();
    }

    @Test
    void a_stream_that_is_reset_is_gone_at_once_and_the_others_go_on() {
        try (Http2Socket client = new Http2Socket(node.port(), LARGE, true)) {
            int leaves = opened(client);
            int stays = opened(client);
            awaitOpen(2);

            client.reset(leaves);
            awaitOpen(1);
            broadcast("one");

            client.awaitBody(stays, "data: one");
            assertThat(client.body(leaves)).doesNotContain("data: one");
            assertThat(client.wasReset(stays)).isFalse();
        }
        awaitOpen(0);
    }

    @Test
    void all_streams_are_gone_at_once_with_their_connection() {
        Http2Socket client = new Http2Socket(node.port(), LARGE, true);
        for (int i = 0; i < 20; i++) {
            opened(client);
        }
        awaitOpen(20);

        client.close();

        awaitOpen(0);
    }

    @Test
    void all_streams_end_at_once_when_the_client_disconnects() {
        try (Http2Socket client = new Http2Socket(node.port(), LARGE, true)) {
            opened(client);
            opened(client);
            awaitOpen(2);

            client.goAway();

            awaitOpen(0);
        }
    }

    @Test
    void stream_with_a_closed_window_is_cut_off_at_the_bound_and_delays_no_other_stream() {
        try (Http2Socket client = new Http2Socket(node.port(), 1_000, true)) {
            List<Integer> slow = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                slow.add(opened(client));
            }
            int fast = client.getAll("/events?route=/a");
            client.awaitBody(fast, "carillon.open");
            double most = 0;
            for (int i = 0; i < 40; i++) {
                broadcast(i + " " + BLOCK);
                client.awaitBody(fast, "data: " + i + " ");
                most = Math.max(most, metric(node, "carillon_outbox_bytes"));
            }

            await().until(() -> slow.stream().allMatch(client::wasReset));
            await().until(() -> metric(node, SLOW) == 10);
            assertThat(most).isBetween(1.0, 10.0 * OUTBOX_BYTES);
            awaitEmptyOutboxes(node);
            for (int stream : slow) {
                assertThat(client.body(stream)).hasSize(1_000);
            }
            awaitOpen(1);
            // What the closed streams left behind is passed over when windows open again.
            slow.forEach(stream -> client.open(stream, LARGE));
            int later = client.getAll("/events?route=/a");
            client.awaitBody(later, "carillon.open");
            broadcast("end");
            client.awaitBody(fast, "data: end");
            client.awaitBody(later, "data: end");
            assertThat(client.isClosed()).isFalse();
        }
    }

    @Test
    void a_window_that_opens_late_and_bit_by_bit_loses_nothing() {
        try (Http2Socket client = new Http2Socket(node.port(), 10, true)) {
            int stream = client.get("/events?route=/a");
            StringBuilder expected = new StringBuilder();
            client.open(stream, 200);
            client.awaitBody(stream, "carillon.open");
            for (int i = 0; i < 200; i++) {
                broadcast("event " + i);
                expected.append("data: event ").append(i).append("\n\n");
            }
            for (int i = 0; i < 400; i++) {
                client.open(stream, 7 + i % 90);
            }

            client.awaitBody(stream, "data: event 199\n\n");
            assertThat(withoutIds(client.body(stream))).endsWith(expected);
            awaitEmptyOutboxes(node);
        }
    }

    @Test
    void client_that_does_not_read_its_socket_is_cut_off_at_the_bound() {
        try (Http2Socket client = new Http2Socket(node.port(), LARGE, false)) {
            for (int i = 0; i < 5; i++) {
                client.get("/events?route=/a");
            }
            awaitOpen(5);

            await().pollInterval(Duration.ofMillis(1)).until(() -> {
                for (int i = 0; i < 20; i++) {
                    broadcast(BLOCK);
                }
                assertThat(metric(node, "carillon_outbox_bytes")).isLessThanOrEqualTo(5.0 * OUTBOX_BYTES);
                return metric(node, "carillon_connections_open") == 0;
            });

            await().untilAsserted(() -> assertThat(metric(node, SLOW)).isBetween(1.0, 5.0));
            awaitEmptyOutboxes(node);
        }
    }

    @Test
    void a_reset_while_the_window_is_closed_is_noticed() {
        NodeConfig config = TestCluster.config("stalls", "memory", SETTINGS);
        assertThat(config.limits.stallTimeout()).isEqualTo(Duration.ofSeconds(30));
        try (Node stalling = Node.start(config.stallTimeout(Duration.ofSeconds(2)));
                Http2Socket client = new Http2Socket(stalling.port(), 300, true)) {
            int stream = opened(client);
            TestCluster.broadcast(stalling, "{\"scope\":\"route:/a\",\"data\":\"" + BLOCK + "\"}");
            await().until(() -> metric(stalling, "carillon_outbox_bytes") > 0
                    || client.body(stream).length() == 300);

            client.reset(stream);

            await().until(() -> metric(stalling, "carillon_connections_open") == 0);
            awaitEmptyOutboxes(stalling);
        }
    }

    @Test
    void a_drain_resets_each_stream_after_a_delay_was_sent() throws InterruptedException {
        try (Http2Socket client = new Http2Socket(node.port(), LARGE, true)) {
            List<Integer> streams = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                streams.add(opened(client));
            }

            node.drain();

            // After a complete response some clients never come back.
            await().until(() -> streams.stream().allMatch(client::wasReset));
            for (int stream : streams) {
                assertThat(client.body(stream))
                        .matches(
                                "(?s)retry: .*\nretry: \\d+\n\nevent: carillon.close\ndata: \\{\"reason\":\"draining\"}\n\n");
                assertThat(client.hasEnded(stream)).isFalse();
            }
        }
    }

    private int opened(Http2Socket client) {
        int stream = client.get("/events?route=/a");
        client.awaitBody(stream, "carillon.open");
        return stream;
    }

    private void broadcast(String data) {
        TestCluster.broadcast(node, "{\"scope\":\"route:/a\",\"data\":\"" + data + "\"}");
    }

    private void awaitOpen(int streams) {
        await().pollInterval(Duration.ofMillis(10)).until(() -> metric(node, "carillon_connections_open") == streams);
    }

    private static void awaitEmptyOutboxes(Node node) {
        await().until(() -> metric(node, "carillon_outbox_bytes") == 0);
    }

    private static String withoutIds(String body) {
        return body.replaceAll("(?m)^id: .*\n", "");
    }
}
