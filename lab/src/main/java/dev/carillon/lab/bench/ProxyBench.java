package dev.carillon.lab.bench;

import dev.carillon.lab.LabException;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.EmbeddedProxy;
import dev.carillon.lab.cluster.OtherProxy;
import dev.carillon.lab.cluster.OtherProxyProcess;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import dev.carillon.process.LiveHeap;
import dev.carillon.process.ProcessCost;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Measures the cost of proxies and of TLS: nodes and proxies in processes of their own, and clients that connect to one of them in turn. A round
 * measures every route once, in another order than the round before, so that what else the machine does affects all alike.
 */
public final class ProxyBench implements AutoCloseable {
    static final String NOT_MEASURABLE = "n/m";

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final int CONNECTS_PER_SECOND = 1_000;
    private static final long POLL_MILLIS = 10;
    /** A proxy that notices the end of a client by the next event gets one so often. */
    private static final int POLLS_PER_EVENT = 50;

    /** Idle connections between a proxy and a node, which stay open after a round. */
    private static final int IDLE_CONNECTIONS = 100;

    /** A validated plan. */
    public record Plan(int streams, int events, int rate, int rounds) {}

    /**
     * TLS, to be measured too.
     *
     * @param certificate PEM
     * @param key PKCS#8 PEM
     * @param context trusts the certificate
     * @param proxies proxies of other projects that terminate it
     */
    public record Secured(Path certificate, Path key, SSLContext context, List<? extends OtherProxy> proxies) {
        public Secured {
            proxies = List.copyOf(proxies);
        }
    }

    private record Measure(String name, ToDoubleFunction<Route.Round> value) {}

    private static final List<Measure> WITH_RATIO = List.of(
            new Measure("processor time per stream opened, us", Route.Round::connectMicros),
            new Measure("processor time per event delivered, us", Route.Round::eventMicros));
    private static final List<Measure> OTHERS = List.of(
            new Measure("broadcast to client, us: median", Route.Round::p50Micros),
            new Measure("99th percentile", Route.Round::p99Micros),
            new Measure("descriptors per stream", Route.Round::descriptors),
            new Measure("memory per stream, bytes", Route.Round::memoryBytes));

    private final Plan plan;
    private final PrintStream out;
    private final PrintStream progress;
    private final List<AutoCloseable> started = new ArrayList<>();
    private final List<Route> routes = new ArrayList<>();
    private final long embedded;

    private ProxyBench(
            Commands commands,
            Plan plan,
            List<? extends OtherProxy> others,
            Optional<Secured> secured,
            PrintStream out,
            PrintStream progress) {
        this.plan = plan;
        this.out = out;
        this.progress = progress;
        try {
            BenchNode node = own(new BenchNode(commands, "node", List.of(), HttpClient.newHttpClient(), progress));
            routes.add(Route.direct("direct", node, null));
            EmbeddedProxy proxy =
                    own(EmbeddedProxy.start(commands, List.of(node.address()), Optional.empty(), progress));
            embedded = proxy.pid();
            routes.add(new Route("embedded", node, proxy.port(), null, embedded, LongStream::empty, new ArrayList<>()));
            others.forEach(other -> add(other, node, "", null));
            secured.ifPresent(tls -> addSecured(commands, node, tls));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void addSecured(Commands commands, BenchNode plain, Secured secured) {
        List<String> options = List.of(
                "--tls-certificate",
                secured.certificate().toString(),
                "--tls-key",
                secured.key().toString());
        HttpClient http = HttpClient.newBuilder().sslContext(secured.context()).build();
        BenchNode node = own(new BenchNode(commands, "node-tls", options, http, progress));
        Fleet.Tls http1 = new Fleet.Tls(secured.context(), false);
        Fleet.Tls http2 = new Fleet.Tls(secured.context(), true);
        routes.add(Route.direct("direct, TLS", node, http1));
        routes.add(Route.direct("direct, TLS, HTTP/2", node, http2));
        for (OtherProxy other : secured.proxies()) {
            OtherProxyProcess process = add(other, plain, ", TLS", http1);
            routes.add(new Route(
                    process.name() + ", TLS, HTTP/2",
                    plain,
                    process.port(),
                    http2,
                    0,
                    process::pids,
                    new ArrayList<>()));
        }
    }

    private OtherProxyProcess add(OtherProxy other, BenchNode node, String suffix, Fleet.@Nullable Tls tls) {
        OtherProxyProcess process = own(new OtherProxyProcess(other, List.of(node.address())));
        routes.add(new Route(process.name() + suffix, node, process.port(), tls, 0, process::pids, new ArrayList<>()));
        return process;
    }

    private <T extends AutoCloseable> T own(T closeable) {
        started.add(closeable);
        return closeable;
    }

    /**
     * Starts nodes and proxies.
     *
     * @param others measured too
     * @param secured routes with TLS; empty: none
     * @param out receives the result
     * @param progress receives progress lines and the output of the processes
     */
    public static ProxyBench start(
            Commands commands,
            Plan plan,
            List<? extends OtherProxy> others,
            Optional<Secured> secured,
            PrintStream out,
            PrintStream progress) {
        return new ProxyBench(commands, plan, others, secured, out, progress);
    }

    public void run() throws InterruptedException {
        for (Route route : routes) {
            Route.Round _ = round("warming up, " + route.name(), route);
        }
        ProcessCost idle = ProcessCost.of(embedded);
        long idleHeap = LiveHeap.bytes(embedded);
        List<Route> order = new ArrayList<>(routes);
        for (int i = 1; i <= plan.rounds(); i++) {
            for (Route route : order) {
                route.rounds().add(round("round " + i + " of " + plan.rounds() + ", " + route.name(), route));
            }
            Collections.rotate(order, 1);
        }
        long heap = LiveHeap.bytes(embedded);
        ProcessCost left = ProcessCost.of(embedded);
        print();
        out.println("Embedded proxy before the first round -> after all clients disconnected: descriptors "
                + idle.descriptors() + " -> " + left.descriptors() + ", live heap " + idleHeap / 1024 + " -> "
                + heap / 1024 + " KiB, resident " + (idle.residentBytes() >> 20) + " -> "
                + (left.residentBytes() >> 20) + " MiB");
    }

    private Route.Round round(String name, Route route) throws InterruptedException {
        progress.println("carillon: " + name + " ...");
        Latencies latencies = new Latencies(plan.streams() * plan.events());
        FleetObserver observer = new FleetObserver() {
            @Override
            public void event(int client, StreamEvent event, long nanos) {
                if (event.type().equals(BenchNode.TYPE)) {
                    latencies.add(nanos - Long.parseLong(event.data()));
                }
            }
        };
        long memoryBefore = route.memoryBytes();
        Route.Used before = route.used();
        Fleet.Client client = new Fleet.Client(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), route.port()),
                "/events?topic=" + BenchNode.TOPIC,
                List.of(),
                false,
                false,
                route.tls());
        try (Fleet fleet = Fleet.start(Collections.nCopies(plan.streams(), client), CONNECTS_PER_SECOND, observer)) {
            await(
                    "streams to open at port " + route.port() + "; is the limit of open files (ulimit -n) high enough?",
                    () -> fleet.open() == plan.streams());
            Route.Used open = route.used();
            long memoryOpen = route.memoryBytes();
            Route.Used quiet = route.used();
            long next = System.nanoTime();
            for (int i = 0; i < plan.events(); i++) {
                LockSupport.parkNanos(Math.max(0, next - System.nanoTime()));
                next += TimeUnit.SECONDS.toNanos(1) / plan.rate();
                route.node().broadcast();
            }
            await("all deliveries", () -> latencies.count() == plan.streams() * plan.events());
            Route.Used delivered = route.used();
            return new Route.Round(
                    open.cpuMicrosSince(before) / plan.streams(),
                    delivered.cpuMicrosSince(quiet) / latencies.count(),
                    latencies.quantile(0.5) / 1_000.0,
                    latencies.quantile(0.99) / 1_000.0,
                    (double) (open.descriptors() - before.descriptors()) / plan.streams(),
                    (double) (memoryOpen - memoryBefore) / plan.streams());
        } finally {
            awaitClosed(route, before.descriptors() + IDLE_CONNECTIONS);
        }
    }

    private static void awaitClosed(Route route, long descriptors) throws InterruptedException {
        for (int polls = 0; route.used().descriptors() > descriptors; polls++) {
            if (polls * POLL_MILLIS > TIMEOUT.toMillis()) {
                throw LabException.failed("waited " + TIMEOUT.toSeconds() + " s for descriptors of " + route.name()
                        + " to be closed: " + route.used().descriptors() + ", " + descriptors + " expected");
            }
            if (polls % POLLS_PER_EVENT == 0) {
                route.node().broadcast();
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    private static void await(String description, BooleanSupplier condition) {
        long end = System.nanoTime() + TIMEOUT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw LabException.failed("waited " + TIMEOUT.toSeconds() + " s for " + description);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS));
        }
    }

    private void print() {
        out.println(plan.streams() + " streams, " + plan.events() + " events per round, " + plan.rate()
                + " events/s; medians of " + plan.rounds() + " rounds");
        for (Measure measure : WITH_RATIO) {
            out.println();
            out.println(row(measure.name(), "median", "ratio", "lowest", "highest"));
            for (Route route : routes) {
                double[] ratios = ratios(route, measure.value());
                out.println(row(
                        "  " + route.name(),
                        number(median(values(route, measure.value()))),
                        number(median(ratios)),
                        number(ratios.length == 0 ? 0 : ratios[0]),
                        number(ratios.length == 0 ? 0 : ratios[ratios.length - 1])));
            }
        }
        out.println();
        out.println(row("", OTHERS.stream().map(Measure::name).toArray(String[]::new)));
        for (Route route : routes) {
            out.println(row(
                    "  " + route.name(),
                    OTHERS.stream()
                            .map(measure -> number(median(values(route, measure.value()))))
                            .toArray(String[]::new)));
        }
        out.println();
        out.println("ratio: to direct in the same round, as median, lowest and highest of the rounds");
        out.println("memory: live heap of node and embedded proxy; growth of resident memory of other programs");
        out.println(NOT_MEASURABLE + ": not measurable (below noise)");
        out.println();
    }

    /** To the first route, in ascending order; without rounds in which one is not measurable. */
    private double[] ratios(Route route, ToDoubleFunction<Route.Round> value) {
        double[] direct = values(routes.getFirst(), value);
        double[] own = values(route, value);
        return IntStream.range(0, own.length)
                .filter(i -> direct[i] > 0 && own[i] > 0)
                .mapToDouble(i -> own[i] / direct[i])
                .sorted()
                .toArray();
    }

    private static double[] values(Route route, ToDoubleFunction<Route.Round> value) {
        return route.rounds().stream().mapToDouble(value).toArray();
    }

    private static double median(double[] values) {
        double[] sorted = Arrays.copyOf(values, values.length);
        Arrays.sort(sorted);
        return Arrays.stream(sorted).skip(sorted.length / 2).findFirst().orElse(0);
    }

    private static String row(String name, String... cells) {
        StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%-42s", name));
        for (String cell : cells) {
            row.append(String.format(Locale.ROOT, " %" + Math.max(10, cell.length()) + "s", cell));
        }
        return row.toString();
    }

    /** A difference of two measurements; if it is not positive, it is smaller than the noise. */
    static String number(double value) {
        return value > 0 ? String.format(Locale.ROOT, value < 100 ? "%.2f" : "%.0f", value) : NOT_MEASURABLE;
    }

    @Override
    public void close() {
        for (AutoCloseable closeable : started.reversed()) {
            try {
                closeable.close();
            } catch (Exception e) {
                progress.println("carillon: " + e);
            }
        }
    }
}
