package dev.carillon.node;

import static dev.carillon.node.TestCluster.broadcast;
import static dev.carillon.node.TestCluster.metric;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Many clients at once, and one after another: each gets everything in order, and nothing is left of those who went. */
class ManyClientsIT {
    private static final Logger LOGGER = LoggerFactory.getLogger(ManyClientsIT.class);
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final int AT_ONCE = 200;
    private static final int CLIENTS = FULL ? 1_000_000 : 4_000;

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
            await().untilAsserted(() -> assertThat(cluster.nodes().stream()
                            .mapToDouble(n -> metric(n, "carillon_events_delivered_total"))
                            .sum())
                    .isEqualTo(12_000));
            clients.forEach(SseClient::close);
        }
    }

    /** With broadcasts going on all the time; a million with {@code ./carillon test --full}. */
    @Test
    @Tag("own-jvm")
    void nothing_is_left_of_thousands_of_connects_and_disconnects() throws IOException {
        try (TestCluster cluster = new TestCluster(
                "memory://churn",
                1,
                Map.of(
                        "context-linger",
                        "1s",
                        "log-max-events",
                        "100",
                        "requests-per-address",
                        "0",
                        // The first clients fill what is recorded of those that left.
                        "why-events",
                        "1000"))) {
            Node node = cluster.node(0);
            churn(node, FULL ? 4_000 : 2_000);
            // The log is full from here on, however few were broadcast meanwhile.
            for (int i = 0; i < 100; i++) {
                broadcast(node, "{\"scope\":\"route:/churn\",\"data\":\"x\"}");
            }
            awaitNobody(node);
            long heap = liveHeap();
            long direct = directMemory();
            long descriptors = descriptors();

            long broadcasts = churn(node, CLIENTS);
            awaitNobody(node);

            assertThat(broadcasts).isPositive();
            // A megabyte beside: tables of maps keep the size that the most at once needed, and on a busy machine those
            // that have left are swept later.
            await().untilAsserted(() -> assertThat(liveHeap()).isLessThanOrEqualTo(heap + heap / 20 + 1024 * 1024));
            assertThat(directMemory()).isLessThanOrEqualTo(direct + direct / 20);
            assertThat(descriptors()).isLessThanOrEqualTo(descriptors);
            LOGGER.atInfo()
                    .addKeyValue("connects", CLIENTS)
                    .addKeyValue("broadcasts", broadcasts)
                    .addKeyValue("heapBefore", heap)
                    .addKeyValue("heapAfter", liveHeap())
                    .addKeyValue("directBefore", direct)
                    .addKeyValue("directAfter", directMemory())
                    .addKeyValue("descriptorsBefore", descriptors)
                    .addKeyValue("descriptorsAfter", descriptors())
                    .log("nothing is left");
        }
    }

    /** Each client connects, sees its stream open, and leaves; @return how many events were broadcast meanwhile. */
    private static long churn(Node node, int times) {
        AtomicBoolean ended = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicInteger next = new AtomicInteger();
        AtomicLong broadcasts = new AtomicLong();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            threads.execute(() -> {
                while (!ended.get()) {
                    broadcast(node, "{\"scope\":\"route:/churn\",\"data\":\"x\"}");
                    broadcasts.incrementAndGet();
                }
            });
            CountDownLatch left = new CountDownLatch(AT_ONCE);
            for (int i = 0; i < AT_ONCE; i++) {
                threads.execute(() -> {
                    try {
                        for (int n = next.getAndIncrement(); n < times; n = next.getAndIncrement()) {
                            connectOnce(node, n);
                        }
                    } catch (IOException | RuntimeException | AssertionError e) {
                        failure.set(e);
                    } finally {
                        left.countDown();
                    }
                });
            }
            boolean _ = left.await(30, TimeUnit.MINUTES);
            ended.set(true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        assertThat(failure.get()).isNull();
        return broadcasts.get();
    }

    private static void connectOnce(Node node, int number) throws IOException {
        try (Socket socket = new Socket()) {
            // A hundred addresses, as one has too few ports for so many; and every fiftieth leaves with a reset.
            socket.bind(new InetSocketAddress("127.0.1." + (1 + number % 100), 0));
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port()), Patience.LIMIT_MILLIS);
            socket.setSoTimeout(Patience.LIMIT_MILLIS);
            socket.setSoLinger(number % 50 == 0, 0);
            String request = "GET /events?route=/churn&topic=t" + number % 100 + " HTTP/1.1\r\nHost: x\r\n"
                    + (number % 2 == 0 ? "\r\n" : "Accept-Encoding: gzip\r\n\r\n");
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[2_048];
            StringBuilder seen = new StringBuilder();
            while (!isOpen(seen)) {
                int n = in.read(buffer);
                if (n < 0) {
                    throw new AssertionError("the stream ended after " + seen);
                }
                seen.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
            }
        }
    }

    /** Of a compressed stream: that more has come than its delay. */
    private static boolean isOpen(StringBuilder seen) {
        int end = seen.indexOf("\r\n\r\n");
        boolean compressed = seen.indexOf("Content-Encoding: gzip") >= 0;
        return end >= 0 && (compressed ? seen.length() > end + 100 : seen.indexOf("carillon.open") > 0);
    }

    private static void awaitNobody(Node node) {
        await().until(() -> metric(node, "carillon_connections_open") == 0
                && metric(node, "carillon_contexts") == 0
                && metric(node, "carillon_interests") == 0);
    }

    /** Size of all reachable objects; the used heap is rounded up to regions. */
    private static long liveHeap() {
        try {
            String histogram = (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()});
            String total = histogram.substring(histogram.lastIndexOf("Total"));
            return Long.parseLong(total.strip().split("\\s+", -1)[2]);
        } catch (JMException e) {
            throw new AssertionError(e);
        }
    }

    private static long directMemory() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    private static long descriptors() {
        return ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class)
                .getOpenFileDescriptorCount();
    }
}
