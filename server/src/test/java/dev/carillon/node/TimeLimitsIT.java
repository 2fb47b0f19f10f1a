package dev.carillon.node;

import static dev.carillon.node.TestCluster.token;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Clients that take their time are cut off, however steadily they send. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TimeLimitsIT {
    private static final int HEADER_MILLIS = 700;
    private static final int BODY_MILLIS = 900;
    private static final int IDLE_MILLIS = 1_200;
    private static final int DRIP_MILLIS = 50;

    private TestCluster cluster;

    @BeforeAll
    void start() {
        cluster = new TestCluster(
                "memory://time-limits",
                1,
                Map.of(
                        "header-timeout", HEADER_MILLIS + "ms",
                        "body-timeout", BODY_MILLIS + "ms",
                        "idle-timeout", IDLE_MILLIS + "ms"));
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    /** Time until the node cuts off a client that sends all of the first text and then single bytes of the second. */
    private long millisUntilCut(String first, boolean drips) throws IOException {
        // Before it connects: the node may count from the time at which it accepted the connection.
        long began = System.nanoTime();
        try (Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), cluster.node(0).port());
                var timer = Executors.newSingleThreadScheduledExecutor()) {
            socket.setSoTimeout(Patience.LIMIT_MILLIS);
            socket.getOutputStream().write(first.getBytes(StandardCharsets.ISO_8859_1));
            ScheduledFuture<?> drip = timer.scheduleAtFixedRate(
                    () -> {
                        if (drips) {
                            send(socket);
                        }
                    },
                    DRIP_MILLIS,
                    DRIP_MILLIS,
                    TimeUnit.MILLISECONDS);
            try {
                while (socket.getInputStream().read() >= 0) {
                    // An answer to what came before.
                }
            } catch (java.net.SocketTimeoutException e) {
                throw new AssertionError("was not cut off", e);
            } catch (IOException e) {
                // A reset is an end, too.
            }
            drip.cancel(true);
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
        }
    }

    private static void send(Socket socket) {
        try {
            socket.getOutputStream().write('x');
        } catch (IOException e) {
            // The end is seen by who reads.
        }
    }

    private static void assertCut(long millis, int limit) {
        assertThat(millis).isGreaterThanOrEqualTo(limit);
    }

    @Test
    void head_that_drips_is_cut() throws IOException {
        assertCut(millisUntilCut("GET /events HTTP/1.1\r\nHost: x\r\nX-Slow: ", true), HEADER_MILLIS);
    }

    @Test
    void body_that_drips_is_cut() throws IOException {
        String head = "POST /broadcast HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                + token() + "\r\nContent-Length: 100000\r\n\r\n";
        assertCut(millisUntilCut(head, true), BODY_MILLIS);
    }

    @Test
    void connection_on_which_nothing_is_asked_closes_as_one_whose_head_does_not_come() throws IOException {
        assertCut(millisUntilCut("", false), HEADER_MILLIS);
    }

    @Test
    void connection_that_was_answered_closes_when_nothing_more_is_asked() throws IOException {
        assertCut(millisUntilCut("GET /_health HTTP/1.1\r\nHost: x\r\n\r\n", false), IDLE_MILLIS);
    }

    @Test
    void quiet_stream_has_none_of_these_limits() {
        try (SseClient client =
                SseClient.open(cluster.node(0).port(), "/events?route=/quiet").opened()) {
            org.awaitility.Awaitility.await()
                    .during(java.time.Duration.ofMillis(2L * IDLE_MILLIS))
                    .until(() -> !client.hasEnded());
        }
    }
}
