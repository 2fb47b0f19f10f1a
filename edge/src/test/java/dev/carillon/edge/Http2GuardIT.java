package dev.carillon.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.testkit.Patience;
import dev.carillon.testkit.RawHttp2;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/2 clients without TLS against a server with the checks of this package only. */
class Http2GuardIT {
    private static final int MAX_STREAMS = 20;
    private static final Duration STALL = Duration.ofSeconds(1);
    private static final byte[] LARGE = new byte[64 * 1024];

    /** Frames that a client sends continuously. */
    enum Flood {
        PING,
        SETTINGS,
        WINDOW_UPDATE,
        PRIORITY,
        UNKNOWN;

        private byte[] frame() {
            return switch (this) {
                case PING -> RawHttp2.frame(RawHttp2.PING, 0, 0, new byte[8]);
                case SETTINGS -> RawHttp2.frame(RawHttp2.SETTINGS, 0, 0, new byte[0]);
                case WINDOW_UPDATE -> RawHttp2.frame(RawHttp2.WINDOW_UPDATE, 0, 0, RawHttp2.number(1));
                case PRIORITY -> RawHttp2.frame(RawHttp2.PRIORITY, 0, 1, new byte[] {0, 0, 0, 0, 16});
                case UNKNOWN -> RawHttp2.frame(99, 0, 0, new byte[0]);
            };
        }
    }

    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger handled = new AtomicInteger();
    private final Undertow server = start(this::answer);

    @AfterEach
    void stop() {
        server.stop();
    }

    @ParameterizedTest
    @EnumSource
    void flood_of_frames_without_requests_closes_the_connection_at_once(Flood flood) {
        try (RawHttp2 client = RawHttp2.reading(port())) {
            sendUntilClosed(client, flood.frame());
        }
        assertServes();
    }

    @ParameterizedTest
    @EnumSource
    void flood_closes_a_connection_that_began_as_http_1(Flood flood) throws IOException {
        for (String first : new String[] {
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAQAAP__\r\n\r\n"
        }) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
                socket.getOutputStream().write(first.getBytes(StandardCharsets.US_ASCII));
                assertThat(socket.getInputStream().readNBytes(12))
                        .asString(StandardCharsets.US_ASCII)
                        .startsWith("HTTP/1.1 ");
                Thread.ofVirtual().start(() -> drain(socket));
                socket.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().write(RawHttp2.frame(RawHttp2.SETTINGS, 0, 0, new byte[0]));
                await().until(() -> {
                    try {
                        for (int i = 0; i < 1_000; i++) {
                            socket.getOutputStream().write(flood.frame());
                        }
                        return false;
                    } catch (IOException e) {
                        return true;
                    }
                });
            }
        }
        assertServes();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PRI /x HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "PRI * HTTP/2.0\r\nA: b\r\n\r\nSM\r\n\r\n",
                "GET * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            })
    void only_the_exact_preface_starts_http_2(String other) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            socket.getOutputStream().write(other.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(RawHttp2.frame(RawHttp2.SETTINGS, 0, 0, new byte[0]));
            assertThat(socket.getInputStream().readNBytes(12))
                    .asString(StandardCharsets.US_ASCII)
                    .isEqualTo("HTTP/1.1 400");
        }
    }

    @Test
    void client_that_pipelines_the_preface_and_does_not_read_is_closed() throws IOException {
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(4 * 1024);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()));
            socket.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: x\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream()
                    .write(RawHttp2.frame(
                            RawHttp2.SETTINGS, 0, 0, new byte[] {0, 4, 0x7F, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF}));
            socket.getOutputStream().write(RawHttp2.frame(RawHttp2.WINDOW_UPDATE, 0, 0, RawHttp2.number(1 << 30)));
            await().until(() -> asked.get() == 1);
            socket.getOutputStream().write(RawHttp2.head(1, true, "GET", "/endless"));
            // Slowly, so that it is not a flood.
            await().pollInterval(Duration.ofMillis(100)).until(() -> {
                try {
                    socket.getOutputStream()
                            .write(RawHttp2.frame(RawHttp2.PRIORITY, 0, 1, new byte[] {0, 0, 0, 0, 16}));
                    return false;
                } catch (IOException e) {
                    return true;
                }
            });
        }
        assertServes();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void connection_that_stops_within_the_preface_is_closed(boolean endsItsSide) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            socket.setSoTimeout(Patience.LIMIT_MILLIS);
            socket.getOutputStream().write("PRI * HTTP/2.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            if (endsItsSide) {
                socket.shutdownOutput();
            }
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        assertServes();
    }

    @Test
    void client_that_does_not_read_is_suspended_and_closed_after_the_timeout() {
        try (RawHttp2 client = RawHttp2.deaf(port())) {
            sendUntilClosed(client, RawHttp2.frame(RawHttp2.PING, 0, 0, new byte[8]));
        }
        try (RawHttp2 client = RawHttp2.deaf(port())) {
            AtomicInteger stream = new AtomicInteger(1);
            await().until(() -> {
                try {
                    for (int i = 0; i < 100; i++) {
                        client.send(RawHttp2.head(stream.getAndAdd(2), false, "POST", "/"));
                    }
                    return false;
                } catch (UncheckedIOException e) {
                    return true;
                }
            });
        }
        assertThat(handled.get()).isLessThanOrEqualTo(MAX_STREAMS);
        assertServes();
    }

    @Test
    void streams_beyond_the_limit_are_refused_and_the_others_continue() {
        try (RawHttp2 client = RawHttp2.reading(port())) {
            for (int i = 0; i <= MAX_STREAMS; i++) {
                client.send(RawHttp2.head(1 + 2 * i, false, "POST", "/wait"));
            }
            await().until(() -> client.wasReset(1 + 2 * MAX_STREAMS));
            assertThat(client.frames())
                    .filteredOn(frame -> frame.type() == RawHttp2.RST_STREAM)
                    .allSatisfy(frame -> assertThat(frame.stream()).isEqualTo(1 + 2 * MAX_STREAMS))
                    .first()
                    .satisfies(frame -> assertThat(frame.code()).isEqualTo(7));
            assertThat(handled.get()).isEqualTo(MAX_STREAMS);

            client.send(RawHttp2.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 1, new byte[0]));
            await().until(() -> client.isOver(1));
            int next = 3 + 2 * MAX_STREAMS;
            client.send(RawHttp2.head(next, true, "GET", "/"));
            await().until(() -> client.isOver(next));
            assertThat(client.wasReset(next)).isFalse();
        }
    }

    @Test
    void incomplete_requests_end_when_their_client_disconnects() {
        try (RawHttp2 client = RawHttp2.reading(port())) {
            for (int i = 0; i < 5; i++) {
                client.send(RawHttp2.head(1 + 2 * i, false, "POST", "/wait"));
            }
            await().until(() -> handled.get() == 5);
        }
        await().until(() -> handled.get() == 0);
    }

    @Test
    void answer_whose_window_stays_closed_is_reset_and_the_connection_stays() {
        try (RawHttp2 client = RawHttp2.reading(port(), 0)) {
            client.send(RawHttp2.head(1, true, "GET", "/large"));

            await().until(() -> client.wasReset(1));

            client.send(RawHttp2.head(3, true, "HEAD", "/"));
            await().until(() -> client.isOver(3));
            assertThat(client.isClosed()).isFalse();
        }
    }

    @Test
    void answer_over_http_1_that_is_not_received_is_cut_with_its_connection() throws IOException {
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(1_024);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()));
            socket.getOutputStream()
                    .write("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

            await().until(() -> asked.get() == 1 && handled.get() == 0);
        }
    }

    @Test
    void other_clients_of_http_2_are_served_as_before() throws Exception {
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            // The request that upgrades to HTTP/2, which one with a large body does not.
            http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + "/"))
                            .build(),
                    HttpResponse.BodyHandlers.discarding());
            for (int i = 0; i < 50; i++) {
                HttpResponse<byte[]> answer = http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + "/large"))
                                .POST(HttpRequest.BodyPublishers.ofByteArray(LARGE))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
                assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
                assertThat(answer.body()).isEqualTo(LARGE);
            }
        }
    }

    private void assertServes() {
        try (RawHttp2 other = RawHttp2.reading(port())) {
            other.send(RawHttp2.head(1, true, "GET", "/"));
            await().until(() -> other.isOver(1));
            assertThat(other.wasReset(1)).isFalse();
        }
    }

    private static void sendUntilClosed(RawHttp2 client, byte[] frame) {
        ByteArrayOutputStream many = new ByteArrayOutputStream();
        for (int i = 0; i < 100; i++) {
            many.writeBytes(frame);
        }
        await().until(() -> {
            try {
                client.send(many.toByteArray());
                return false;
            } catch (UncheckedIOException e) {
                return true;
            }
        });
    }

    private static void drain(Socket socket) {
        try {
            socket.getInputStream().readAllBytes();
        } catch (IOException e) {
            // END_STREAM.
        }
    }

    private int port() {
        return ((InetSocketAddress) server.getListenerInfo().getFirst().getAddress()).getPort();
    }

    private void answer(HttpServerExchange exchange) {
        asked.incrementAndGet();
        handled.incrementAndGet();
        exchange.addExchangeCompleteListener((x, next) -> {
            handled.decrementAndGet();
            next.proceed();
        });
        switch (exchange.getRequestPath()) {
            case "/large" ->
                exchange.getRequestReceiver()
                        .receiveFullBytes((x, body) -> x.getResponseSender().send(ByteBuffer.wrap(LARGE)));
            case "/endless" -> exchange.getResponseSender().send(ByteBuffer.allocate(64 << 20));
            case "/wait" -> exchange.getRequestReceiver().receiveFullBytes((x, body) -> x.endExchange());
            default -> exchange.getResponseSender().send("some bytes of an answer");
        }
    }

    private static Undertow start(HttpHandler handler) {
        Undertow undertow = Undertow.builder()
                .addHttpListener(0, "127.0.0.1")
                .setIoThreads(2)
                .setWorkerThreads(1)
                .setByteBufferPool(BufferPool.forThisProcess())
                .setServerOption(UndertowOptions.ENABLE_HTTP2, true)
                .setHandler(exchange -> {
                    RequestBoundary.watch(exchange);
                    if (Http2Requests.admit(exchange, MAX_STREAMS)) {
                        WriteDeadline.watch(exchange, STALL);
                        handler.handleRequest(exchange);
                    }
                })
                .build();
        undertow.start();
        RequestBoundary.install(
                undertow,
                new RequestBoundary.Rules(
                        Long.MAX_VALUE,
                        STALL,
                        "it cannot be read",
                        new ClientConnections(
                                new ClientConnections.Limits(0, STALL, STALL),
                                Networks.NONE,
                                () -> {},
                                System::nanoTime)));
        return undertow;
    }
}
