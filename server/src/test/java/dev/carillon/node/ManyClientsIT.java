package dev.carillon.node;

import static dev.carillon.node.TestCluster.broadcast;
import static dev.carillon.node.TestCluster.metric;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Many clients at once, and one after another: each gets everything in order, and nothing is left of those who went. */
class ManyClientsIT {
    @Test
    void twelve_hundred_clients_on_three_nodes_each_get_all_in_order() {
        try (TestCluster cluster = new TestCluster("memory://many", 3, Map.of())) {
            List<SseClient> clients = new ArrayList<>();
            for (int i = 0; i < 1_200; i++) {
                clients.add(SseClient.open(cluster.node(i % 3).port(), "/events?route=/hall"));
            }
            clients.forEach(SseClient::opened);
            for (int i = 0; i < 10; i++) {
                broadcast(cluster.node(i % 3), "{\"scope\":\"route:/hall\",\"data\":\"" + i + "\"}");
            }
            clients.forEach(c -> c.await(11));

            List<String> expected =
                    IntStream.range(0, 10).mapToObj(Integer::toString).toList();
            assertThat(clients).allSatisfy(c -> assertThat(c.data()).isEqualTo(expected));
            double delivered = cluster.nodes().stream()
                    .mapToDouble(n -> metric(n, "carillon_events_delivered_total"))
                    .sum();
            assertThat(delivered).isEqualTo(12_000);
            clients.forEach(SseClient::close);
        }
    }

    @Test
    void nothing_is_left_of_twenty_thousand_connects_and_disconnects() {
        try (TestCluster cluster = new TestCluster("memory://churn", 1, Map.of("context-linger", "1s"))) {
            Node node = cluster.node(0);
            connectAndLeave(node, 4_000);
            awaitNobody(node);
            long heap = liveHeap();
            long descriptors = descriptors();

            connectAndLeave(node, 20_000);
            awaitNobody(node);

            assertThat(liveHeap()).isLessThanOrEqualTo(heap + heap / 20);
            assertThat(descriptors()).isLessThanOrEqualTo(descriptors);
        }
    }

    private static void connectAndLeave(Node node, int times) {
        Semaphore atOnce = new Semaphore(200);
        List<CompletableFuture<Void>> done = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < times; i++) {
                atOnce.acquireUninterruptibly();
                int number = i;
                done.add(CompletableFuture.runAsync(() -> connectOnce(node, number), threads)
                        .whenComplete((x, e) -> atOnce.release()));
            }
        }
        done.forEach(CompletableFuture::join);
    }

    private static void connectOnce(Node node, int number) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
            String request = "GET /events?route=/churn&topic=t" + number % 100 + " HTTP/1.1\r\nHost: x\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            InputStream in = socket.getInputStream();
            StringBuilder seen = new StringBuilder();
            byte[] buffer = new byte[2_048];
            while (seen.indexOf("carillon.open") < 0) {
                int n = in.read(buffer);
                if (n < 0) {
                    throw new AssertionError("the stream ended after " + seen);
                }
                seen.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitNobody(Node node) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> metric(node, "carillon_connections_open") == 0
                        && metric(node, "carillon_contexts") == 0
                        && metric(node, "carillon_interests") == 0);
    }

    private static long liveHeap() {
        var memory = ManagementFactory.getMemoryMXBean();
        memory.gc();
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed();
    }

    private static long descriptors() {
        return ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class)
                .getOpenFileDescriptorCount();
    }
}
