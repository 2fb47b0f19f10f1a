package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.TestCluster;
import dev.carillon.process.ProcessCost;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What pages cost beside plain events and a plain handler: prints figures, of which only ratios mean something. On a busy machine they are
 * rough. The node is a process of its own.
 */
@Tag("full")
@Tag("own-jvm")
class PageCostIT {
    private static final int TABS = 10_000;
    private static final int ROUNDS = 3;
    private static final int EVENTS = 60;
    private static final int WARM_EVENTS = 40;
    private static final int CLIENTS = 32;
    private static final String FORM = "Content-Type: application/x-www-form-urlencoded\r\n";
    private static final String SCRIPT = FORM + "Accept: text/vnd.turbo-stream.html, text/html\r\nOrigin: http://x\r\n";

    private MeasuredNode node;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        node = new MeasuredNode();
    }

    @AfterEach
    void close() {
        node.close();
    }

    /** A tab of its own session. */
    private record Tab(String cookie, String context) {
        String stream(String headers) {
            return "GET /_pages/stream?context=" + context + " HTTP/1.1\r\nHost: x\r\nCookie: " + cookie + "\r\n"
                    + headers + "\r\n";
        }

        PlainHttp.Answer act(PlainHttp http, String action, String more) throws IOException {
            PlainHttp.Answer answer = http.post(
                    "/_pages/action/" + action, SCRIPT + "Cookie: " + cookie + "\r\n", "_context=" + context + more);
            if (answer.status() != 200) {
                throw new AssertionError(answer.head() + answer.body());
            }
            return answer;
        }
    }

    private Tab load(PlainHttp http) throws IOException {
        PlainHttp.Answer page = http.get("/counter", "Accept: text/html\r\n");
        if (page.status() != 200) {
            throw new AssertionError(page.head() + page.body());
        }
        return new Tab(page.header("Set-Cookie").split(";", 2)[0], PageClient.contextOf(page.body()));
    }

    private List<Tab> load(int count) throws IOException {
        List<Tab> tabs = new ArrayList<>();
        for (int from = 0; from < 16; from++) {
            try (PlainHttp http = new PlainHttp(node.port, Streams.from(from))) {
                while (tabs.size() < (long) count * (from + 1) / 16) {
                    tabs.add(load(http));
                }
            }
        }
        return tabs;
    }

    /** One event for all streams; returns when it was accepted. */
    private interface Sender {
        void send(int n) throws IOException;
    }

    /**
     * @param cpu of the node in microseconds for each event and tab
     * @param lastMillis median time until the last tab has the event
     * @param renders of shared views
     * @param bytes of an event
     */
    private record Cost(double cpu, double lastMillis, double slowestMillis, long renders, long bytes) {}

    private Cost measure(Streams streams, Sender sender) throws Exception {
        long before = streams.bytes();
        sender.send(0);
        streams.readUntil(() -> streams.bytes() > before);
        streams.quiet();
        long size = (streams.bytes() - before) / TABS;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            send(streams, sender, threads, size, WARM_EVENTS);
            streams.mark();
            long renders = node.renders();
            ProcessCost cost = node.cost();
            double[] millis = send(streams, sender, threads, size, EVENTS);
            double cpu = 1_000.0 * node.cost().cpuMillisSince(cost) / EVENTS / TABS;
            assertThat(List.of(streams.least(), streams.most())).containsOnly(EVENTS * size);
            return new Cost(cpu, millis[EVENTS / 2], millis[EVENTS - 1], node.renders() - renders, size);
        }
    }

    /** Sends events one after the other; returns how long each took until the last tab had it, in ascending order. */
    private static double[] send(Streams streams, Sender sender, ExecutorService threads, long size, int events)
            throws Exception {
        double[] millis = new double[events];
        for (int i = 0; i < events; i++) {
            long begin = System.nanoTime();
            long complete = streams.bytes() + size * TABS;
            int number = i;
            CompletableFuture<Void> sent = CompletableFuture.runAsync(
                    () -> {
                        try {
                            sender.send(1 + number);
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    },
                    threads);
            streams.readUntil(() -> streams.bytes() >= complete);
            millis[i] = (System.nanoTime() - begin) / 1e6;
            sent.get();
        }
        Arrays.sort(millis);
        return millis;
    }

    private static String payload(int n) {
        return String.format(Locale.ROOT, "payload-%032d", n);
    }

    private static String patch(String html) {
        return "<turbo-stream action=\"update\" method=\"morph\" target=\"shown\"><template>" + html
                + "</template></turbo-stream>";
    }

    private Cost page() throws Exception {
        List<Tab> tabs = load(TABS);
        try (Streams streams = new Streams(node.port)) {
            streams.open(tabs.stream().map(tab -> tab.stream("")).toList());
            Tab first = tabs.getFirst();
            int[] sent = {0};
            try (PlainHttp http = new PlainHttp(node.port, 99)) {
                return measure(streams, n -> first.act(http, "show", "&text=" + payload(sent[0]++)));
            }
        } finally {
            linger();
        }
    }

    private Cost plain() throws Exception {
        return events("plain", (http, n) -> http.post("/plain", "", patch(payload(n))));
    }

    private Cost broadcast() throws Exception {
        String headers = "Content-Type: application/json\r\nAuthorization: Bearer " + TestCluster.token() + "\r\n";
        return events(
                "t",
                (http, n) -> http.post(
                        "/broadcast",
                        headers,
                        "{\"scope\":\"topic:t\",\"data\":\"" + patch(payload(n)).replace("\"", "\\\"") + "\"}"));
    }

    private interface Post {
        PlainHttp.Answer post(PlainHttp http, int n) throws IOException;
    }

    private Cost events(String topic, Post post) throws Exception {
        try (Streams streams = new Streams(node.port)) {
            streams.open(IntStream.range(0, TABS)
                    .mapToObj(n -> "GET /events?topic=" + topic + " HTTP/1.1\r\nHost: x\r\n\r\n")
                    .toList());
            try (PlainHttp http = new PlainHttp(node.port, 99)) {
                return measure(streams, n -> {
                    PlainHttp.Answer answer = post.post(http, n);
                    if (answer.status() >= 300) {
                        throw new AssertionError(answer.head() + answer.body());
                    }
                });
            }
        } finally {
            linger();
        }
    }

    /** The contexts of one measurement have ended before the next one begins. */
    private void linger() {
        await().until(() -> contexts() == 0);
    }

    private double contexts() {
        return TestCluster.get(node.adminPort, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("carillon_contexts "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ') + 1)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    @Timeout(value = 20, unit = TimeUnit.MINUTES)
    void action_of_a_route_with_ten_thousand_tabs_costs_about_as_much_as_plain_events() throws Exception {
        List<Cost> pages = new ArrayList<>();
        List<Cost> plain = new ArrayList<>();
        List<Cost> broadcasts = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            pages.add(printed("page", page()));
            plain.add(printed("plain", plain()));
            broadcasts.add(printed("broadcast", broadcast()));
        }
        System.out.printf(
                Locale.ROOT,
                "processor time of a tab: page / plain %.2f, page / broadcast %.2f%n",
                cpu(pages) / cpu(plain),
                cpu(pages) / cpu(broadcasts));

        assertThat(pages).allSatisfy(cost -> assertThat(cost.renders()).isEqualTo(EVENTS));
        assertThat(cpu(pages)).isLessThan(1.3 * cpu(plain));
    }

    private static Cost printed(String name, Cost cost) {
        System.out.println(name + " " + cost);
        return cost;
    }

    private static double cpu(List<Cost> costs) {
        double[] all = costs.stream().mapToDouble(Cost::cpu).sorted().toArray();
        return all[all.length / 2];
    }

    @Test
    void action_costs_a_small_multiple_of_a_plain_handler() throws Exception {
        List<Tab> tabs = load(CLIENTS);
        Requests actions = (http, client) -> tabs.get(client).act(http, "add", "");
        Requests plain = (http, client) ->
                http.post("/add", SCRIPT, "_context=" + tabs.get(client).context());
        try (Streams streams = new Streams(node.port)) {
            streams.open(tabs.stream().map(tab -> tab.stream("")).toList());
            Thread reader = Thread.ofPlatform().daemon().start(() -> readOn(streams));
            run(node.port, actions, 10);
            run(node.plainPort, plain, 5);
            for (int round = 0; round < 3; round++) {
                Rate page = run(node.port, actions, 5);
                Rate bare = run(node.plainPort, plain, 5);
                System.out.printf(
                        Locale.ROOT,
                        "actions with %d open tabs: %s; plain handler: %s; rate %.3f, processor time %.1f%n",
                        CLIENTS,
                        page,
                        bare,
                        page.perSecond() / bare.perSecond(),
                        page.cpuMicros() / bare.cpuMicros());
            }
            Path profile = Path.of("target/actions.jfr");
            node.profile(profile, () -> {
                Rate _ = run(node.port, actions, 10);
            });
            System.out.println("profile: " + profile.toAbsolutePath());
            reader.interrupt();
        }
    }

    private static void readOn(Streams streams) {
        try {
            while (!Thread.interrupted()) {
                streams.read(50);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private interface Requests {
        PlainHttp.Answer send(PlainHttp http, int client) throws IOException;
    }

    private record Rate(double perSecond, double cpuMicros) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.0f/s, %.0f µs each", perSecond, cpuMicros);
        }
    }

    private Rate run(int port, Requests requests, int seconds) {
        ProcessCost before = node.cost();
        long begin = System.nanoTime();
        long end = begin + seconds * 1_000_000_000L;
        long sum = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<Long>> all = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                all.add(CompletableFuture.supplyAsync(() -> sendUntil(end, port, requests, client), threads));
            }
            for (CompletableFuture<Long> one : all) {
                sum += one.join();
            }
        }
        double lasted = (System.nanoTime() - begin) / 1e9;
        return new Rate(sum / lasted, 1_000.0 * node.cost().cpuMillisSince(before) / sum);
    }

    private static long sendUntil(long end, int port, Requests requests, int client) {
        long sent = 0;
        try (PlainHttp http = new PlainHttp(port, Streams.from(client))) {
            while (System.nanoTime() < end) {
                if (requests.send(http, client).status() != 200) {
                    throw new AssertionError("refused");
                }
                sent++;
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return sent;
    }

    @Test
    void large_patch_has_fewer_bytes_on_a_compressed_stream() throws Exception {
        List<Tab> tabs = load(2);
        try (Streams plain = new Streams(node.port);
                Streams compressed = new Streams(node.port);
                PlainHttp http = new PlainHttp(node.port, 99)) {
            plain.open(List.of(tabs.get(0).stream("")));
            compressed.open(List.of(tabs.get(1).stream("Accept-Encoding: gzip\r\n")));
            for (String text :
                    List.of("warm", "one", "two", "The quick brown fox jumps over the lazy dog. ".repeat(20))) {
                long plainBefore = plain.bytes();
                long compressedBefore = compressed.bytes();
                tabs.getFirst().act(http, "show", "&text=" + URLEncoder.encode(text, StandardCharsets.UTF_8));
                plain.readUntil(() -> plain.bytes() > plainBefore);
                plain.quiet();
                compressed.quiet();
                System.out.println("patch of " + text.length() + " characters: " + (plain.bytes() - plainBefore)
                        + " bytes, compressed " + (compressed.bytes() - compressedBefore));
            }
            for (int i = 0; i < 10; i++) {
                long plainBefore = plain.bytes();
                long compressedBefore = compressed.bytes();
                tabs.getFirst().act(http, "add", "");
                plain.readUntil(() -> plain.bytes() > plainBefore);
                plain.quiet();
                compressed.quiet();
                System.out.println("patch of the counter: " + (plain.bytes() - plainBefore) + " bytes, compressed "
                        + (compressed.bytes() - compressedBefore));
            }
            assertThat(compressed.bytes()).isLessThan(plain.bytes());
        }
    }
}
