package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clients without a token that make a node keep memory for them, all from one address. A client of another address goes on being served,
 * and when the flood has left, its memory has, too.
 */
@Tag("own-jvm")
class MemoryFloodIT {
    private static final Logger LOGGER = LoggerFactory.getLogger(MemoryFloodIT.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int ROUNDS = 30;
    /** The share of an address is spent by some 90. */
    private static final int STREAMS = Boolean.getBoolean("carillon.full") ? 700 : 250;

    private static final long SLACK_BYTES = 24L * 1024 * 1024;

    @SuppressWarnings("NullAway.Init")
    private FloodedNode node;

    @SuppressWarnings("NullAway.Init")
    private SseClient witness;

    private final List<Socket> flood = new ArrayList<>();
    private long sent;
    private int broadcasts;
    private String firstId = "";

    @BeforeEach
    void start() throws IOException {
        node = new FloodedNode();
        witness = SseClient.open(node.port, "/events?topic=witness").opened();
    }

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : flood) {
            socket.close();
        }
        witness.close();
        node.close();
    }

    @Test
    void streams_of_a_thousand_topics_each_are_refused_above_the_share_of_their_address() throws IOException {
        Measured measured = attacked("interests", STREAMS, i -> {
            StringBuilder topics = new StringBuilder("/events?topic=first");
            for (int t = 0; t < 994; t++) {
                topics.append("&topic=").append(Integer.toString(i * 1_000 + t, 36));
            }
            return topics.toString();
        });
        // What is charged for subscriptions is about what they take.
        assertThat(measured.charged() / measured.heapBytes()).isBetween(0.8, 2.5);
        assertThat(metric("carillon_memory_refused_total{bound=\"address\",use=\"interests\"}"))
                .isPositive();
    }

    @Test
    @Tag("full")
    void clients_that_resume_and_take_nothing_cost_a_part_each() throws IOException {
        publish();
        attacked("outboxes", 400, i -> "/events?topic=big&lastEventID=" + firstId);
    }

    @Test
    @Tag("full")
    void answers_that_are_not_taken_are_refused_above_the_share_of_their_address() throws IOException {
        publish();
        attacked("responses", 400, i -> "/history?scope=topic:big&limit=1000");
        assertThat(metric("carillon_memory_refused_total{bound=\"address\",use=\"responses\"}"))
                .isPositive();
    }

    /** @param heapBytes growth of the live heap by the flood */
    private record Measured(double charged, long heapBytes) {}

    private Measured attacked(String use, int connections, IntFunction<String> targets) throws IOException {
        round();
        long heapBefore = node.liveHeap();
        long p99Before = rounds();

        for (int i = 0; i < connections; i++) {
            attack(targets.apply(i));
        }
        int refused = 0;
        for (Socket socket : flood) {
            String status = new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
            assertThat(status).matches("HTTP/1.1 (200|429|503)");
            refused += status.endsWith("200") ? 0 : 1;
        }
        double usedDuring = metric("carillon_memory_used_bytes{use=\"" + use + "\"}");
        long p99During = rounds();
        long heapDuring = node.liveHeap();
        for (Socket socket : flood) {
            socket.close();
        }
        await().atMost(Patience.LIMIT)
                .untilAsserted(() -> assertThat(Stream.of("interests", "outboxes", "replay", "responses")
                                .mapToDouble(of -> metric("carillon_memory_used_bytes{use=\"" + of + "\"}"))
                                .sum())
                        // What is left is of the witness, and of the request for the metrics.
                        .isLessThan(16 * 1024));
        long p99After = rounds();
        long heapAfter = node.liveHeap();

        LOGGER.atInfo()
                .addKeyValue("use", use)
                .addKeyValue("sent", sent)
                .addKeyValue("refused", refused)
                .addKeyValue("used", usedDuring)
                .addKeyValue("heap", List.of(heapBefore, heapDuring, heapAfter))
                .addKeyValue("p99micros", List.of(p99Before, p99During, p99After))
                .log("flood");
        assertThat(node.isAlive()).isTrue();
        assertThat(heapAfter).isLessThan(heapBefore + SLACK_BYTES);
        return new Measured(usedDuring, heapDuring - heapBefore);
    }

    /** Sends a request from the address of the attacker and reads no answer. */
    private void attack(String target) throws IOException {
        Socket socket = new Socket();
        flood.add(socket);
        socket.setReceiveBufferSize(1024);
        socket.setSoTimeout(Patience.LIMIT_MILLIS);
        socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 2}), 0));
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port), Patience.LIMIT_MILLIS);
        byte[] request = ("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
        sent += request.length;
        socket.getOutputStream().write(request);
    }

    /** More than a page of events. */
    private void publish() throws IOException {
        String data = "x".repeat(64 * 1024);
        firstId = JSON.readTree(broadcast("topic:big", "first")).path("id").asText();
        for (int i = 0; i < 60; i++) {
            broadcast("topic:big", data);
        }
    }

    /** The time of the slowest of some events from their broadcast to the witness, in µs. */
    private long rounds() {
        long slowest = 0;
        for (int i = 0; i < ROUNDS; i++) {
            slowest = Math.max(slowest, round());
        }
        return slowest;
    }

    private long round() {
        long start = System.nanoTime();
        broadcast("topic:witness", Integer.toString(broadcasts));
        broadcasts++;
        witness.await(1 + broadcasts);
        assertThat(witness.data()).endsWith(Integer.toString(broadcasts - 1));
        assertThat(TestCluster.get(node.port, "/_health").statusCode()).isEqualTo(200);
        return (System.nanoTime() - start) / 1_000;
    }

    private String broadcast(String scope, String data) {
        HttpResponse<String> response = TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + node.port + "/broadcast"))
                .header("Authorization", "Bearer " + TestCluster.token())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"scope\":\"" + scope + "\",\"data\":\"" + data + "\"}"))
                .build());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }

    private double metric(String line) {
        return TestCluster.get(node.adminPort, "/metrics")
                .body()
                .lines()
                .filter(l -> l.startsWith(line + " "))
                .mapToDouble(l -> Double.parseDouble(l.substring(line.length() + 1)))
                .findFirst()
                .orElse(0);
    }
}
