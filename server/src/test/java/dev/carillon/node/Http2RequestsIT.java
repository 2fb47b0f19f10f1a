package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.testkit.RawHttp2;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests of HTTP/2 that break its rules, and clients that do not take their answers. */
class Http2RequestsIT {
    private static final int MAX_STREAMS = 250;

    private final WatchedLog log = new WatchedLog();
    /** A client that takes nothing fills so small a buffer; and no connection is closed for a body that does not come. */
    private static final Map<String, String> FLAGS =
            Map.of("h2c", "true", "send-buffer", "16384", "body-timeout", "10m");

    private final Node node =
            Node.start(TestCluster.config("h2-requests", "memory", FLAGS).stallTimeout(Duration.ofSeconds(2)));

    @AfterEach
    void stop() {
        node.close();
        log.close();
        assertThat(log.warnings()).isEmpty();
    }

    @Test
    void body_of_another_length_than_the_head_says_is_refused_at_once() {
        byte[] five = RawHttp2.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 0, new byte[5]);
        try (RawHttp2 client = RawHttp2.reading(node.port())) {
            client.send(head(1, true, "10"));
            client.send(head(3, false, "10"));
            client.send(at(3, five));
            client.send(head(5, false, "2"));
            client.send(at(5, five));
            client.send(head(7, false, "10"));
            client.send(RawHttp2.frame(RawHttp2.DATA, 0, 7, new byte[5]));
            client.send(RawHttp2.frame(
                    RawHttp2.HEADERS, RawHttp2.END_STREAM | RawHttp2.END_HEADERS, 7, new byte[] {0, 1, 'a', 1, 'b'}));

            for (int stream : new int[] {1, 3, 5, 7}) {
                await("stream " + stream).until(() -> client.isOver(stream));
            }
            client.send(head(9, false, "5"));
            client.send(at(9, five));
            await().until(() -> client.isOver(9));
            assertThat(client.wasReset(9)).isFalse();
            assertThat(client.isClosed()).isFalse();
        }
    }

    @Test
    void requests_without_an_end_are_refused_beyond_the_streams_that_a_connection_may_have() {
        try (RawHttp2 client = RawHttp2.reading(node.port())) {
            for (int i = 0; i < MAX_STREAMS + 10; i++) {
                client.send(RawHttp2.head(1 + 2 * i, false, "POST", "/nope"));
            }
            for (int i = MAX_STREAMS; i < MAX_STREAMS + 10; i++) {
                int stream = 1 + 2 * i;
                await().until(() -> client.wasReset(stream));
            }
            assertThat(TestCluster.metric(node, "carillon_requests_open")).isLessThanOrEqualTo(MAX_STREAMS);
        }
    }

    @Test
    void request_whose_client_leaves_within_the_body_leaves_its_place() {
        String token = "Bearer " + TestCluster.token();
        try (RawHttp2 client = RawHttp2.reading(node.port())) {
            for (int i = 0; i < 5; i++) {
                client.send(RawHttp2.head(1 + 2 * i, false, "POST", "/broadcast", "authorization", token));
            }
            await().until(() -> TestCluster.metric(node, "carillon_requests_open") == 5);
        }
        await().until(() -> TestCluster.metric(node, "carillon_requests_open") == 0);
    }

    @Test
    void answer_that_is_not_taken_is_reset_and_its_place_is_free_again() {
        try (RawHttp2 client = RawHttp2.reading(node.port(), 0)) {
            client.send(RawHttp2.head(1, true, "GET", "/history?scope=global"));
            client.send(RawHttp2.head(3, true, "GET", "/nope"));

            await().until(() -> client.wasReset(1) && client.wasReset(3));
            await().until(() -> TestCluster.metric(node, "carillon_requests_open") == 0);
            assertThat(client.isClosed()).isFalse();
        }
    }

    @Test
    void connection_that_reads_nothing_is_closed() {
        try (RawHttp2 client = RawHttp2.deaf(node.port())) {
            for (int i = 0; i < MAX_STREAMS; i++) {
                client.send(RawHttp2.head(1 + 2 * i, false, "POST", "/nope"));
            }
            await().until(() -> {
                try {
                    client.send(RawHttp2.frame(RawHttp2.PING, 0, 0, new byte[8]));
                    return false;
                } catch (UncheckedIOException e) {
                    return true;
                }
            });
            await().until(() -> TestCluster.metric(node, "carillon_requests_open") == 0);
        }
    }

    private static byte[] head(int stream, boolean ends, String length) {
        return RawHttp2.head(
                stream, ends, "POST", "/broadcast", "content-length", length, "content-type", "application/json");
    }

    private static byte[] at(int stream, byte[] frame) {
        return ByteBuffer.wrap(frame.clone()).putInt(5, stream).array();
    }
}
