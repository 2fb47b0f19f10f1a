package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.process.RedisServer;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Streams that wait for the broker when their node leaves. */
@Tag("redis")
class RedisDrainIT {
    private static final int WAITING = 20;

    private final RedisServer server = new RedisServer();
    private final TestCluster cluster = new TestCluster(
            server.address(), 1, Map.of("drain-notice", "0s", "drain-timeout", "10m", "drain-rate", "500"));
    private final Node node = cluster.node(0);
    private final List<Socket> clients = new ArrayList<>();

    @AfterEach
    void stop() throws IOException {
        for (Socket client : clients) {
            client.close();
        }
        cluster.close();
        server.close();
    }

    /** Requests streams without waiting for an answer. */
    private List<Socket> request(String topic) throws IOException {
        List<Socket> all = new ArrayList<>();
        for (int i = 0; i < WAITING; i++) {
            Socket client = new Socket(InetAddress.getLoopbackAddress(), node.port());
            clients.add(client);
            client.setSoTimeout(Patience.LIMIT_MILLIS);
            client.getOutputStream()
                    .write(("GET /events?topic=" + topic + " HTTP/1.1\r\nHost: h\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            all.add(client);
        }
        return all;
    }

    private static void assertRefused(Socket client) throws IOException {
        assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .startsWith("HTTP/1.1 200 OK\r\n")
                .contains("\r\nCarillon-Refused: draining\r\n", "retry: ", "event: carillon.close");
    }

    @Test
    void streams_that_are_still_being_opened_are_refused_with_a_whole_response() throws Exception {
        try (SseClient open = SseClient.open(node.port(), "/events?topic=known").opened()) {
            server.pause();
            List<Socket> waiting = request("new");
            await().until(() -> TestCluster.metric(node, "carillon_requests_open") == WAITING + 1);

            CountDownLatch drained = DrainIT.drain(node);
            await().until(open::hasEnded);
            server.resume();
            for (Socket client : waiting) {
                assertRefused(client);
            }
            drained.await();
        }
    }
}
