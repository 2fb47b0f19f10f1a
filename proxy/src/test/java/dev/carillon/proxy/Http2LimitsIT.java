package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.Patience;
import dev.carillon.testkit.RawHttp2;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Limits of an HTTP/2 client. */
class Http2LimitsIT extends ProxyFixture {
    private static final int MAX_STREAMS = 250;

    @Test
    void connections_to_nodes_are_limited_by_the_streams_of_a_connection() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> TestNode.awaitEnd(socket);
        StickyProxy proxy = proxy(config().withHealth(PATIENT)
                .withLimits(new ProxyConfig.Limits(CONNECT_LIMIT, Patience.LIMIT, Patience.LIMIT, 10_000, 1_000)));
        try (RawHttp2 client = RawHttp2.reading(proxy.port())) {
            for (int i = 0; i < MAX_STREAMS + 20; i++) {
                client.send(RawHttp2.head(1 + 2 * i, true, "GET", "/"));
            }
            for (int i = MAX_STREAMS; i < MAX_STREAMS + 20; i++) {
                int stream = 1 + 2 * i;
                await(() -> client.wasReset(stream));
            }
            assertThat(open(proxy)).isLessThanOrEqualTo(MAX_STREAMS);
        }
    }

    @Test
    void client_that_does_not_read_uses_only_its_streams_and_is_closed() throws Exception {
        node();
        StickyProxy proxy = proxy(config().withLimits(
                        new ProxyConfig.Limits(CONNECT_LIMIT, Patience.LIMIT, Duration.ofSeconds(1), 10_000, 1_000)));
        try (RawHttp2 client = RawHttp2.deaf(proxy.port())) {
            int[] stream = {1};
            await(() -> {
                try {
                    for (int i = 0; i < 100; i++) {
                        client.send(RawHttp2.head(stream[0], false, "POST", "/nope"));
                        stream[0] += 2;
                    }
                    return false;
                } catch (UncheckedIOException e) {
                    return true;
                }
            });
            await(() -> open(proxy) == 0);
        }
        assertThat(get(proxy, "").status()).isEqualTo("HTTP/1.1 200 OK");
    }

    @Test
    void body_that_differs_from_its_content_length_is_refused_at_once() throws Exception {
        node();
        StickyProxy proxy = proxy();
        byte[] five = RawHttp2.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 0, new byte[5]);
        try (RawHttp2 client = RawHttp2.reading(proxy.port())) {
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
                await(() -> client.isOver(stream));
            }
            await(() -> open(proxy) == 0);
        }
    }

    private static byte[] head(int stream, boolean ends, String length) {
        return RawHttp2.head(stream, ends, "POST", "/", "content-length", length);
    }

    private static byte[] at(int stream, byte[] frame) {
        return ByteBuffer.wrap(frame.clone()).putInt(5, stream).array();
    }
}
