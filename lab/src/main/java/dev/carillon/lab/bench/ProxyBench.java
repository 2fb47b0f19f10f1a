package dev.carillon.lab.bench;

import dev.carillon.jwt.JwtConfig;
import dev.carillon.lab.LabException;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.ListenAddresses;
import dev.carillon.lab.cluster.ServiceProcess;
import dev.carillon.lab.cluster.Tokens;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import dev.carillon.node.NodeKeys;
import dev.carillon.process.LiveHeap;
import dev.carillon.process.ProcessCost;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Measures the cost of the proxy: a node and a proxy in processes of their own, and clients that connect to either of them. */
public final class ProxyBench implements AutoCloseable {
    static final String NOT_MEASURABLE = "n/m";

    private static final Pattern PROXY = Pattern.compile("carillon: proxy serves http://\\S+:(\\d+) .*");
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final int CONNECTS_PER_SECOND = 1_000;

    /** A validated plan. */
    public record Plan(int streams, int events, int rate, int rounds) {}

    /**
     * The result of a round; costs are those of node and proxy together.
     *
     * @param connectMicros processor time per stream that opened
     * @param eventMicros processor time per delivery
     * @param p50Micros median latency from the broadcast to the client
     * @param p99Micros 99th percentile of the latency
     * @param descriptors descriptors per stream
     * @param heapBytes live heap per stream
     */
    private record Round(
            double connectMicros,
            double eventMicros,
            double p50Micros,
            double p99Micros,
            double descriptors,
            double heapBytes) {}

    private record Costs(ProcessCost node, ProcessCost proxy) {
        double cpuMicrosSince(Costs before) {
            return 1_000.0 * (node.cpuMillisSince(before.node) + proxy.cpuMillisSince(before.proxy));
        }

        long descriptors() {
            return node.descriptors() + proxy.descriptors();
        }
    }

    private final Plan plan;
    private final PrintStream out;
    private final PrintStream progress;
    private final ServiceProcess<ListenAddresses> node;
    private final ServiceProcess<Integer> proxy;
    private final String token;
    private final int nodePort;
    private final int proxyPort;
    private final HttpClient http = HttpClient.newHttpClient();

    private ProxyBench(Commands commands, Plan plan, PrintStream out, PrintStream progress) {
        this.plan = plan;
        this.out = out;
        this.progress = progress;
        String key = Tokens.randomKey();
        Map<String, String> variables = commands.withoutSettings();
        variables.put(NodeKeys.JWT_KEY.variable(), key);
        this.token = Tokens.of(JwtConfig.of("HS256", key, true))
                .orElseThrow()
                .make(Tokens.Claims.EVERYTHING, TIMEOUT.multipliedBy(60));
        this.node = commands.start(
                "node",
                List.of(
                        "serve",
                        Commands.STOP_WITH_STDIN,
                        "--port",
                        "0",
                        "--admin-port",
                        "0",
                        "--internal-port",
                        "0",
                        "--anonymous"),
                variables,
                ListenAddresses::parse,
                progress);
        this.nodePort = node.awaitReady(START).port();
        variables.remove(NodeKeys.JWT_KEY.variable());
        this.proxy = commands.start(
                "proxy",
                List.of(
                        "proxy",
                        Commands.STOP_WITH_STDIN,
                        "--port",
                        "0",
                        "--max-requests",
                        "200000",
                        "--streams-per-address",
                        "0",
                        "--node",
                        "http://127.0.0.1:" + nodePort),
                variables,
                ProxyBench::port,
                progress);
        this.proxyPort = proxy.awaitReady(START);
    }

    /**
     * Starts the node and the proxy.
     *
     * @param out receives the result
     * @param progress receives progress lines and the output of the processes
     */
    public static ProxyBench start(Commands commands, Plan plan, PrintStream out, PrintStream progress) {
        return new ProxyBench(commands, plan, out, progress);
    }

    private static Optional<Integer> port(String line) {
        Matcher matcher = PROXY.matcher(line);
        return matcher.matches() ? Optional.of(Integer.parseInt(matcher.group(1))) : Optional.empty();
    }

    public void run() throws InterruptedException {
        Round _ = round("warming up, directly", nodePort);
        Round _ = round("warming up, through the proxy", proxyPort);
        ProcessCost idle = ProcessCost.of(proxy.pid());
        long idleHeap = LiveHeap.bytes(proxy.pid());
        List<Round> direct = new ArrayList<>();
        List<Round> proxied = new ArrayList<>();
        for (int i = 1; i <= plan.rounds(); i++) {
            direct.add(round("round " + i + " of " + plan.rounds() + ", directly", nodePort));
            proxied.add(round("round " + i + " of " + plan.rounds() + ", through the proxy", proxyPort));
        }
        long heap = LiveHeap.bytes(proxy.pid());
        ProcessCost left = ProcessCost.of(proxy.pid());
        out.println(plan.streams() + " streams, " + plan.events() + " events per round, " + plan.rate()
                + " events/s; medians of " + plan.rounds() + " rounds");
        out.println();
        out.println(row("", "direct", "proxied", "ratio"));
        print("processor time per stream opened, us", Round::connectMicros, direct, proxied);
        print("processor time per event delivered, us", Round::eventMicros, direct, proxied);
        print("broadcast to client, median, us", Round::p50Micros, direct, proxied);
        print("broadcast to client, 99th percentile, us", Round::p99Micros, direct, proxied);
        print("descriptors per stream", Round::descriptors, direct, proxied);
        print("live heap per stream, bytes", Round::heapBytes, direct, proxied);
        out.println(NOT_MEASURABLE + ": not measurable (below noise)");
        out.println();
        out.println("Proxy before the first round -> after all clients disconnected: descriptors "
                + idle.descriptors() + " -> " + left.descriptors() + ", live heap " + idleHeap / 1024 + " -> "
                + heap / 1024 + " KiB, resident " + (idle.residentBytes() >> 20) + " -> "
                + (left.residentBytes() >> 20) + " MiB");
    }

    private Round round(String name, int port) throws InterruptedException {
        progress.println("carillon: " + name + " ...");
        Latencies latencies = new Latencies(plan.streams() * plan.events());
        FleetObserver observer = new FleetObserver() {
            @Override
            public void event(int client, StreamEvent event, long nanos) {
                if (event.type().equals("tick")) {
                    latencies.add(nanos - Long.parseLong(event.data()));
                }
            }
        };
        long heapBefore = LiveHeap.bytes(node.pid()) + LiveHeap.bytes(proxy.pid());
        Costs before = costs();
        Fleet.Plan listening = new Fleet.Plan(
                plan.streams(),
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
                "/events?topic=bench",
                CONNECTS_PER_SECOND);
        try (Fleet fleet = Fleet.start(listening, observer)) {
            await(
                    "streams to open at http://127.0.0.1:" + port
                            + "; is the limit of open files (ulimit -n) high enough?",
                    () -> fleet.open() == plan.streams());
            Costs open = costs();
            long heapOpen = LiveHeap.bytes(node.pid()) + LiveHeap.bytes(proxy.pid());
            Costs quiet = costs();
            long next = System.nanoTime();
            for (int i = 0; i < plan.events(); i++) {
                LockSupport.parkNanos(Math.max(0, next - System.nanoTime()));
                next += TimeUnit.SECONDS.toNanos(1) / plan.rate();
                broadcast();
            }
            await("all deliveries", () -> latencies.count() == plan.streams() * plan.events());
            Costs delivered = costs();
            return new Round(
                    open.cpuMicrosSince(before) / plan.streams(),
                    delivered.cpuMicrosSince(quiet) / latencies.count(),
                    latencies.quantile(0.5) / 1_000.0,
                    latencies.quantile(0.99) / 1_000.0,
                    (double) (open.descriptors() - before.descriptors()) / plan.streams(),
                    (double) (heapOpen - heapBefore) / plan.streams());
        } finally {
            await("descriptors to be closed", () -> costs().descriptors() <= before.descriptors() + 1);
        }
    }

    private void broadcast() throws InterruptedException {
        String body = "{\"scope\":\"topic:bench\",\"type\":\"tick\",\"data\":\"" + System.nanoTime() + "\"}";
        try {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + nodePort + "/broadcast"))
                            .header("Authorization", "Bearer " + token)
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw LabException.failed(
                        "the node at http://127.0.0.1:" + nodePort + " refused a broadcast: " + answer.body());
            }
        } catch (IOException e) {
            throw LabException.failed("the node at http://127.0.0.1:" + nodePort + " did not accept a broadcast: "
                    + (e.getMessage() == null ? e : e.getMessage()));
        }
    }

    private Costs costs() {
        return new Costs(ProcessCost.of(node.pid()), ProcessCost.of(proxy.pid()));
    }

    private static void await(String description, BooleanSupplier condition) {
        long end = System.nanoTime() + TIMEOUT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw LabException.failed("waited " + TIMEOUT.toSeconds() + " s for " + description);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    private void print(String name, ToDoubleFunction<Round> value, List<Round> direct, List<Round> proxied) {
        double directly = median(value, direct);
        double throughProxy = median(value, proxied);
        out.println(row(
                name,
                number(directly),
                number(throughProxy),
                directly > 0 ? number(throughProxy / directly) : NOT_MEASURABLE));
    }

    private static double median(ToDoubleFunction<Round> value, List<Round> rounds) {
        double[] sorted = rounds.stream().mapToDouble(value).sorted().toArray();
        return Arrays.stream(sorted).skip(sorted.length / 2).findFirst().orElse(0);
    }

    private static String row(String name, String direct, String proxied, String ratio) {
        return String.format(Locale.ROOT, "%-42s %10s %10s %8s", name, direct, proxied, ratio);
    }

    /** A difference of two measurements; if it is not positive, it is smaller than the noise. */
    static String number(double value) {
        return value > 0 ? String.format(Locale.ROOT, value < 100 ? "%.2f" : "%.0f", value) : NOT_MEASURABLE;
    }

    @Override
    public void close() {
        proxy.stop();
        node.stop();
    }
}
