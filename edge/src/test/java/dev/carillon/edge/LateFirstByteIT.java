package dev.carillon.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.testkit.Patience;
import io.undertow.Undertow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Connections whose first byte comes late, because the I/O thread is late or because a proxy has kept them. */
class LateFirstByteIT {
    private static final String PROXY = "127.0.0.2";

    @Test
    void a_request_that_has_arrived_is_answered_however_late_the_thread_reads_it() throws IOException {
        Duration limit = Duration.ofSeconds(1);
        ClientConnections connections = connections(limit);
        Undertow server = start(connections);
        try (Socket client = client(server, "127.0.0.1")) {
            await().until(() -> connections.open() == 1);
            server.getWorker().getIoThread().execute(() -> {
                send(client);
                long end = System.nanoTime() + limit.plusMillis(200).toNanos();
                while (System.nanoTime() - end < 0) {
                    LockSupport.parkNanos(end - System.nanoTime());
                }
            });

            assertThat(client.getInputStream().read()).isEqualTo('H');
        } finally {
            server.stop();
        }
    }

    @Test
    void a_proxy_may_keep_a_new_connection_longer_than_a_client_may() throws IOException {
        ClientConnections connections = connections(Duration.ofMillis(200));
        Undertow server = start(connections);
        try (Socket proxy = client(server, PROXY);
                Socket client = client(server, "127.0.0.1")) {
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            send(proxy);

            assertThat(proxy.getInputStream().read()).isEqualTo('H');
        } finally {
            server.stop();
        }
    }

    private static ClientConnections connections(Duration firstByte) {
        return new ClientConnections(
                new ClientConnections.Limits(0, firstByte, Patience.LIMIT),
                Networks.parse(List.of(PROXY), IllegalArgumentException::new),
                () -> {},
                System::nanoTime);
    }

    private static Undertow start(ClientConnections connections) {
        Undertow undertow = Undertow.builder()
                .addHttpListener(0, "0.0.0.0")
                .setIoThreads(1)
                .setWorkerThreads(1)
                .setByteBufferPool(BufferPool.forThisProcess())
                .setHandler(exchange -> {
                    RequestBoundary.watch(exchange);
                    exchange.getResponseSender().send("an answer");
                })
                .build();
        undertow.start();
        RequestBoundary.install(
                undertow, new RequestBoundary.Rules(Long.MAX_VALUE, Patience.LIMIT, "it cannot be read", connections));
        return undertow;
    }

    private static Socket client(Undertow server, String from) throws IOException {
        int port = ((InetSocketAddress) server.getListenerInfo().getFirst().getAddress()).getPort();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(from), 0);
        socket.setSoTimeout(Patience.LIMIT_MILLIS);
        return socket;
    }

    private static void send(Socket socket) {
        try {
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
