package dev.carillon.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.testkit.Patience;
import dev.carillon.testkit.RawHttp2;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Idle HTTP/2 connections are closed for new ones, as those of HTTP/1.1 are. */
class IdleHttp2IT {
    private static final int MAX_CONNECTIONS = 3;

    private final ClientConnections connections = new ClientConnections(
            new ClientConnections.Limits(0, Patience.LIMIT, Patience.LIMIT), Networks.NONE, () -> {}, System::nanoTime);
    private final Undertow server = start();

    @AfterEach
    void stop() {
        server.stop();
    }

    @Test
    void idle_connections_get_goaway_and_close_while_a_connection_with_a_stream_stays() {
        connections.closeInactiveBeyond(MAX_CONNECTIONS);
        try (RawHttp2 silent = RawHttp2.reading(port());
                RawHttp2 answered = RawHttp2.reading(port());
                RawHttp2 busy = RawHttp2.reading(port())) {
            await().until(() -> connections.open() == MAX_CONNECTIONS && connections.inactive() == MAX_CONNECTIONS);
            answered.send(RawHttp2.head(1, true, "GET", "/"));
            answered.send(RawHttp2.head(3, true, "GET", "/"));
            await().until(() -> answered.isOver(1) && answered.isOver(3));
            busy.send(RawHttp2.head(1, true, "GET", "/"));
            await().until(() -> busy.isOver(1));
            busy.send(RawHttp2.head(3, false, "POST", "/wait"));
            await().until(() -> connections.inactive() == MAX_CONNECTIONS - 1);

            try (RawHttp2 first = RawHttp2.reading(port())) {
                await().until(() -> silent.isClosed() || answered.isClosed());
                first.send(RawHttp2.head(1, false, "POST", "/wait"));
                await().until(() -> connections.inactive() == 1);
                try (RawHttp2 second = RawHttp2.reading(port())) {
                    await().until(() -> silent.isClosed() && answered.isClosed());
                    assertThat(goAway(silent)).isEqualTo(0);
                    assertThat(goAway(answered)).isEqualTo(3);
                    second.send(RawHttp2.head(1, true, "GET", "/"));
                    await().until(() -> second.isOver(1));
                }
            }
            busy.send(RawHttp2.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 3, new byte[0]));
            await().until(() -> busy.isOver(3));
            assertThat(busy.wasReset(3)).isFalse();
            await().until(() -> connections.inactive() == 1);
        }
        await().until(() -> connections.open() == 0 && connections.inactive() == 0);
    }

    /** The last stream id of the GOAWAY frame. */
    private static int goAway(RawHttp2 client) {
        return client.frames().stream()
                .filter(frame -> frame.type() == RawHttp2.GOAWAY)
                .mapToInt(RawHttp2.Frame::code)
                .findFirst()
                .orElse(-1);
    }

    private int port() {
        return ((InetSocketAddress) server.getListenerInfo().getFirst().getAddress()).getPort();
    }

    private Undertow start() {
        Undertow undertow = Undertow.builder()
                .addHttpListener(0, "127.0.0.1")
                .setIoThreads(1)
                .setWorkerThreads(1)
                .setByteBufferPool(BufferPool.forThisProcess())
                .setServerOption(UndertowOptions.ENABLE_HTTP2, true)
                .setHandler(exchange -> {
                    RequestBoundary.watch(exchange);
                    if (Http2Requests.admit(exchange, 100)) {
                        if (exchange.getRequestPath().equals("/wait")) {
                            exchange.getRequestReceiver().receiveFullBytes((x, body) -> x.endExchange());
                        } else {
                            exchange.getResponseSender().send("an answer");
                        }
                    }
                })
                .build();
        undertow.start();
        RequestBoundary.install(
                undertow, new RequestBoundary.Rules(Long.MAX_VALUE, Patience.LIMIT, "it cannot be read", connections));
        return undertow;
    }
}
