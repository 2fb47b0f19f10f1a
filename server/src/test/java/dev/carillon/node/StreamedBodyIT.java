package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.extension.Response;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Bodies that an extension reads as they arrive. */
class StreamedBodyIT {
    private static final int LARGE = 15_000_000;

    private static TestCluster start(Map<String, String> settings) {
        return new TestCluster("memory://" + UUID.randomUUID(), 1, settings, node -> {
            node.postStreamed("/read", (request, body) -> {
                int present = body.available();
                return Response.text(present + " of " + body.readAllBytes().length);
            });
            return () -> {};
        });
    }

    private static Socket begin(TestCluster cluster, int length) throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), cluster.node(0).port());
        socket.setSoTimeout(Patience.LIMIT_MILLIS);
        send(socket, "POST /read HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + length + "\r\n\r\n");
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Calls of handlers are limited, so a client must not keep one by sending nothing. */
    @Test
    void handler_is_called_when_a_small_body_is_whole() throws IOException {
        try (TestCluster cluster = start(Map.of());
                Socket socket = begin(cluster, 100)) {
            send(socket, "x".repeat(50));
            assertThat(TestCluster.get(cluster.node(0).port(), "/_health").statusCode())
                    .isEqualTo(200);
            send(socket, "x".repeat(50));

            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
                    .endsWith("\r\n\r\n100 of 100");
        }
    }

    @Test
    void handler_of_a_large_body_is_called_while_it_arrives() throws IOException {
        try (TestCluster cluster = start(Map.of());
                Socket socket = begin(cluster, LARGE)) {
            send(socket, "x".repeat(LARGE));

            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
                    .endsWith("\r\n\r\n0 of " + LARGE);
        }
    }

    @Test
    void client_that_stops_sending_is_cut_however_much_it_has_sent() throws IOException {
        try (TestCluster cluster = start(Map.of("body-timeout", "2s"));
                Socket socket = begin(cluster, LARGE + 1)) {
            send(socket, "x".repeat(LARGE));

            assertThat(read(socket)).isNegative();
        }
    }

    private static int read(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read();
        } catch (java.net.SocketException e) {
            // A reset is an end, too.
            return -1;
        }
    }
}
