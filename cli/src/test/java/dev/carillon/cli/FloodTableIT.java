package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.Hub;
import dev.carillon.node.TestCluster;
import dev.carillon.process.LiveHeap;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.RawHttp2;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Floods of one address against a node and through the proxy, each process with a heap of 256 MB, while a client of another address is
 * served. Writes a table of what was sent, what was refused and where, live heaps, and that client's times to {@code target/floods.md}.
 */
@Tag("process")
@Tag("full")
class FloodTableIT {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final String MEMORY = "-Xmx256m";
    private static final String ATTACKER = "127.0.0.2";
    private static final int ROUNDS = FULL ? 200 : 20;
    private static final int HTTP_2_CLIENTS = 4;
    private static final long SLACK_MEGABYTES = 32;
    private static final int DESCRIPTORS = 400;
    private static final Pattern REFUSED =
            Pattern.compile("carillon_(?:requests|memory)_refused_total\\{([^}]*)} ([0-9.E]+)", Pattern.MULTILINE);

    private static final Map<String, String> NODE = Map.of(
            "CARILLON_JWT_KEY",
            TestCluster.KEY,
            "CARILLON_SECRET",
            "a secret of the tests",
            "CARILLON_ANONYMOUS",
            "true",
            "CARILLON_H2C",
            "true",
            "CARILLON_MERCURE_ANONYMOUS",
            "true",
            "CARILLON_MERCURE_SUBSCRIPTIONS",
            "true",
            "JAVA_TOOL_OPTIONS",
            MEMORY);

    private static final List<String> TABLE = new ArrayList<>(List.of(
            "| flood | at | bytes sent | refused | live heap of the node, and of the proxy, MB: before, during, after | p99 of the second client, ms: before, during, after | its refusals |",
            "| --- | --- | --- | --- | --- | --- | --- |"));

    enum Flood {
        HTTP_2_POST_UNREAD("requests of HTTP/2 without an end, answers unread", 20_000),
        TOPICS("streams of 995 topics", 700),
        STALLED_RESUMES("stalled resumes", 400),
        UNREAD_HISTORY("unread answers of `/history`", 400),
        TEMPLATES("streams of 62 URI Templates", 60),
        SILENT("silent connections, of " + DESCRIPTORS + " descriptors", 450);

        private final String name;
        private final int whole;

        Flood(String name, int whole) {
            this.name = name;
            this.whole = whole;
        }

        /** Silent ones must be more than the descriptors. */
        int count() {
            return FULL || this == SILENT ? whole : whole / 10;
        }
    }

    /** A node, and a proxy before it if there is one, with the client that must be served. */
    private static final class Attacked implements AutoCloseable {
        private final CommandProcess node;
        private final CommandProcess front;
        private final int port;
        private final int adminPort;
        private final SseClient witness;
        private final List<AutoCloseable> flood = new ArrayList<>();
        private final Map<String, Integer> statuses = new TreeMap<>();
        private long sent;
        private int broadcasts;
        private int refused;

        Attacked(boolean proxied, int descriptors) {
            node = CommandProcess.startLimited(
                    proxied ? 4_096 : descriptors, NODE, "serve", "--port=0", "--admin-port=0", "--internal-port=0");
            String[] ports = ports(node);
            adminPort = Integer.parseInt(ports[1]);
            front = proxied
                    ? CommandProcess.startLimited(
                            descriptors,
                            Map.of("JAVA_TOOL_OPTIONS", MEMORY),
                            "proxy",
                            "--port=0",
                            "--node=http://127.0.0.1:" + ports[0])
                    : node;
            port = proxied
                    ? Integer.parseInt(
                            front.awaitLine("serves http://127.0.0.1:(\\d+)").group(1))
                    : Integer.parseInt(ports[0]);
            witness = SseClient.open(port, "/events?topic=witness").opened();
        }

        private static String[] ports(CommandProcess node) {
            var line = node.awaitLine("serves http://127.0.0.1:(\\d+), admin http://127.0.0.1:(\\d+)");
            return new String[] {line.group(1), line.group(2)};
        }

        /** From a broadcast to the witness, and a request on the way, in ms. */
        double p99() {
            long[] micros = new long[ROUNDS];
            for (int i = 0; i < ROUNDS; i++) {
                long began = System.nanoTime();
                if (broadcast("topic:witness", Integer.toString(broadcasts)).statusCode() == 200) {
                    broadcasts++;
                    witness.await(1 + broadcasts);
                } else {
                    refused++;
                }
                refused += TestCluster.get(port, "/_health").statusCode() == 200 ? 0 : 1;
                micros[i] = (System.nanoTime() - began) / 1_000;
            }
            Arrays.sort(micros);
            return micros[ROUNDS * 99 / 100] / 1_000.0;
        }

        HttpResponse<String> broadcast(String scope, String data) {
            return TestCluster.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/broadcast"))
                    .header("Authorization", "Bearer " + TestCluster.token())
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "{\"scope\":\"" + scope + "\",\"data\":\"" + data + "\"}"))
                    .build());
        }

        /** Of each process, in MB, after a collection. */
        List<Long> heaps() throws Exception {
            List<Long> heaps = new ArrayList<>(List.of(liveHeap(node)));
            if (front != node) {
                heaps.add(liveHeap(front));
            }
            return heaps;
        }

        private static long liveHeap(CommandProcess process) {
            long bytes = LiveHeap.bytes(process.handle().pid());
            assertThat(bytes).isPositive();
            return bytes / 1_024 / 1_024;
        }

        /** What the node has refused so far, by its metrics. */
        Map<String, Double> refusals() {
            Map<String, Double> found = new TreeMap<>();
            Matcher matcher =
                    REFUSED.matcher(TestCluster.get(adminPort, "/metrics").body());
            while (matcher.find()) {
                found.put(
                        matcher.group(1)
                                .replaceAll("bound=|reason=|use=|\"", "")
                                .replace(",", " "),
                        Double.parseDouble(matcher.group(2)));
            }
            return found;
        }

        /** Sends a request from the attacker's address, and takes nothing. */
        void ask(String target) throws IOException {
            Socket socket = connect(1_024);
            byte[] request = ("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
            sent += request.length;
            try {
                socket.getOutputStream().write(request);
            } catch (IOException e) {
                statuses.merge("closed", 1, Integer::sum);
            }
        }

        Socket connect(int receiveBuffer) throws IOException {
            Socket socket = new Socket();
            flood.add(socket);
            socket.setReceiveBufferSize(receiveBuffer);
            socket.setSoTimeout(Patience.LIMIT_MILLIS);
            socket.bind(new InetSocketAddress(ATTACKER, 0));
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), Patience.LIMIT_MILLIS);
            return socket;
        }

        void readStatuses() {
            for (AutoCloseable client : flood) {
                String status;
                try {
                    byte[] head = ((Socket) client).getInputStream().readNBytes(12);
                    status = head.length < 12 ? "closed" : new String(head, 9, 3, StandardCharsets.US_ASCII);
                } catch (IOException e) {
                    status = "closed";
                }
                statuses.merge(status, 1, Integer::sum);
            }
        }

        void endFlood() {
            for (AutoCloseable client : flood) {
                try {
                    client.close();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }
        }

        @Override
        public void close() {
            endFlood();
            witness.close();
            front.close();
            node.close();
        }
    }

    static Stream<Arguments> floods() {
        return FULL
                ? Arrays.stream(Flood.values())
                        .flatMap(flood -> Stream.of(Arguments.of(flood, false), Arguments.of(flood, true)))
                : Stream.of(Arguments.of(Flood.UNREAD_HISTORY, true));
    }

    @ParameterizedTest
    @MethodSource("floods")
    void second_client_is_served_during_a_flood_and_memory_is_free_after_it(Flood flood, boolean proxied)
            throws Exception {
        try (Attacked attacked = new Attacked(proxied, flood == Flood.SILENT ? DESCRIPTORS : 4_096)) {
            String firstId = flood == Flood.STALLED_RESUMES || flood == Flood.UNREAD_HISTORY ? publish(attacked) : "";
            double before = attacked.p99();
            Map<String, Double> refusedBefore = attacked.refusals();
            List<Long> heapBefore = attacked.heaps();

            attack(attacked, flood, firstId);
            double during = attacked.p99();
            List<Long> heapDuring = attacked.heaps();
            attacked.endFlood();
            await().untilAsserted(() ->
                    assertThat(attacked.heaps().getFirst()).isLessThan(heapBefore.getFirst() + SLACK_MEGABYTES));
            double after = attacked.p99();
            List<Long> heapAfter = attacked.heaps();

            TABLE.add(String.format(
                    "| %d %s | %s | %,d | %s | %s, %s, %s | %.0f, %.0f, %.0f | %d |",
                    flood.count(),
                    flood.name,
                    proxied ? "proxy" : "node",
                    attacked.sent,
                    refusals(attacked, refusedBefore),
                    join(heapBefore),
                    join(heapDuring),
                    join(heapAfter),
                    before,
                    during,
                    after,
                    attacked.refused));
            assertThat(attacked.refused).isZero();
            assertThat(attacked.witness.hasEnded()).isFalse();
            for (CommandProcess process : List.of(attacked.node, attacked.front)) {
                assertThat(process.handle().isAlive()).isTrue();
                assertThat(process.err()).noneMatch(line -> line.contains("OutOfMemory"));
            }
            assertThat(heapAfter.getLast()).isLessThan(heapBefore.getLast() + SLACK_MEGABYTES);
        }
    }

    @AfterAll
    static void write_the_table() throws IOException {
        Files.write(Path.of("target", "floods.md"), TABLE);
    }

    private static void attack(Attacked attacked, Flood flood, String firstId) throws Exception {
        switch (flood) {
            case HTTP_2_POST_UNREAD -> floodOfPosts(attacked, flood.count());
            case SILENT -> {
                for (int i = 0; i < flood.count(); i++) {
                    attacked.connect(64 * 1_024);
                }
            }
            default -> {
                for (int i = 0; i < flood.count(); i++) {
                    attacked.ask(target(flood, i, firstId));
                }
                attacked.readStatuses();
            }
        }
    }

    private static String target(Flood flood, int client, String firstId) {
        return switch (flood) {
            case TOPICS -> topics(client);
            case STALLED_RESUMES -> "/events?topic=big&lastEventID=" + firstId;
            case UNREAD_HISTORY -> "/history?scope=topic:big&limit=1000";
            default -> Hub.subscription(templates(client));
        };
    }

    private static String topics(int client) {
        StringBuilder topics = new StringBuilder("/events?topic=first");
        for (int t = 0; t < 994; t++) {
            topics.append("&topic=").append(Integer.toString(client * 1_000 + t, 36));
        }
        return topics.toString();
    }

    private static String[] templates(int client) {
        String[] templates = new String[62];
        Arrays.setAll(templates, i -> "https://example.com/" + client + "/" + i + "/{id}");
        return templates;
    }

    private static void floodOfPosts(Attacked attacked, int requests) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int c = 0; c < HTTP_2_CLIENTS; c++) {
            RawHttp2 client = RawHttp2.deaf(attacked.port, ATTACKER);
            attacked.flood.add(client);
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < requests / HTTP_2_CLIENTS; i++) {
                        byte[] head = RawHttp2.head(1 + 2 * i, false, "POST", "/nope");
                        client.send(head);
                        synchronized (attacked) {
                            attacked.sent += head.length;
                        }
                    }
                } catch (UncheckedIOException e) {
                    synchronized (attacked) {
                        attacked.statuses.merge("closed", 1, Integer::sum);
                    }
                }
            }));
        }
        // One that the server does not read any more waits until its connection closes.
        for (Thread thread : threads) {
            assertThat(thread.join(Patience.LIMIT)).isTrue();
        }
    }

    /** More than a page of events; the id of the first. */
    private static String publish(Attacked attacked) {
        String id = attacked.broadcast("topic:big", "first").body().replaceAll("(?s).*\"id\":\"([^\"]*)\".*", "$1");
        for (int i = 0; i < 60; i++) {
            assertThat(attacked.broadcast("topic:big", "x".repeat(64 * 1024)).statusCode())
                    .isEqualTo(200);
        }
        return id;
    }

    private static String refusals(Attacked attacked, Map<String, Double> before) {
        List<String> parts = new ArrayList<>();
        Map<String, Integer> told = new HashMap<>(attacked.statuses);
        told.remove("200");
        told.forEach((status, n) -> parts.add(n + " " + status));
        attacked.refusals().forEach((of, n) -> {
            double more = n - before.getOrDefault(of, 0.0);
            if (more > 0) {
                parts.add(String.format("%.0f by the node (%s)", more, of));
            }
        });
        return parts.isEmpty() ? "none" : String.join("; ", parts);
    }

    private static String join(List<Long> heaps) {
        return String.join(" + ", heaps.stream().map(String::valueOf).toList());
    }
}
