package dev.carillon.lab.bench;

import dev.carillon.lab.LabException;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.load.Fanout;
import dev.carillon.lab.load.FanoutPlan;
import dev.carillon.lab.load.FanoutResult;
import io.undertow.Undertow;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * Measures what traces cost the fan-out: one node without traces, one that traces every hundredth broadcast, and one that traces each, all from the
 * begin to the end of the run. They are loaded one after the other, in another order in each round. The collector is in this process.
 */
public final class TracingBench implements AutoCloseable {
    private static final int THREADS = 1;
    private static final String PATH = "/v1/traces/";

    private final Plan plan;
    private final PrintStream progress;
    /** Requests with spans, by the node that sends them. */
    private final Map<Mode, LongAdder> exports = new EnumMap<>(Mode.class);

    private final Undertow collector;
    private final Map<Mode, FanoutNodes> nodes = new EnumMap<>(Mode.class);

    /** What a node traces. */
    public enum Mode {
        OFF("off", "off", "0"),
        HUNDREDTH("1:100", "on", "0.01"),
        ALL("1:1", "on", "1");

        private final String title;
        private final String tracing;
        private final String ratio;

        Mode(String title, String tracing, String ratio) {
            this.title = title;
            this.tracing = tracing;
            this.ratio = ratio;
        }

        public String title() {
            return title;
        }
    }

    /**
     * A validated plan.
     *
     * @param warmUpSeconds of each measurement
     * @param seconds of each measurement, after the warm-up
     * @param window broadcasts in flight
     */
    public record Plan(int connections, int bytes, int window, int rounds, int warmUpSeconds, int seconds) {}

    /**
     * Medians of the rounds.
     *
     * @param cpuMicros processor time of the node per delivery
     * @param cpuRatio median of the ratios of the rounds, each to the node without traces in the same round
     * @param exports requests with spans that the collector received during the measurements
     */
    public record Row(
            Mode mode,
            double cpuMicros,
            double cpuRatio,
            double deliveriesPerSecond,
            double deliveriesRatio,
            double p50Micros,
            double p99Micros,
            long exports) {}

    private record Measured(
            double cpuMicros, double deliveriesPerSecond, double p50Micros, double p99Micros, long exports) {}

    /** @param progress receives progress lines and the output of the nodes */
    public TracingBench(Commands commands, Plan plan, PrintStream progress) {
        this.plan = plan;
        this.progress = progress;
        this.collector = Undertow.builder()
                .setIoThreads(1)
                .setWorkerThreads(1)
                .addHttpListener(
                        0,
                        "127.0.0.1",
                        exchange -> exchange.getRequestReceiver().receiveFullBytes((answered, body) -> {
                            count(answered.getRequestPath());
                            answered.endExchange();
                        }))
                .build();
        for (Mode mode : Mode.values()) {
            exports.put(mode, new LongAdder());
        }
        collector.start();
        try {
            for (Mode mode : Mode.values()) {
                nodes.put(mode, FanoutNodes.start(commands, startPlan(mode), progress));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void count(String path) {
        exports(Mode.valueOf(path.substring(PATH.length()))).increment();
    }

    private LongAdder exports(Mode mode) {
        return Objects.requireNonNull(exports.get(mode));
    }

    private FanoutNodes.StartPlan startPlan(Mode mode) {
        int port = ((InetSocketAddress) collector.getListenerInfo().getFirst().getAddress()).getPort();
        return new FanoutNodes.StartPlan(
                1,
                "memory",
                FanoutNodes.StartPlan.DISCONNECT,
                Map.of(
                        "tracing",
                        mode.tracing,
                        "tracing-ratio",
                        mode.ratio,
                        "tracing-endpoint",
                        "http://127.0.0.1:" + port + PATH + mode.name()));
    }

    /** @throws LabException if a run does not measure the nodes, or a delivery is missing */
    public List<Row> run() throws InterruptedException {
        List<Map<Mode, Measured>> rounds = new ArrayList<>();
        // The first round is for warm-up only.
        for (int i = 0; i <= plan.rounds(); i++) {
            List<Mode> order = new ArrayList<>(List.of(Mode.values()));
            Collections.rotate(order, i);
            Map<Mode, Measured> round = new EnumMap<>(Mode.class);
            for (Mode mode : order) {
                progress.println("carillon: "
                        + (i == 0 ? "warming up" : "round " + i + " of " + plan.rounds())
                        + ", traces " + mode.title() + " ...");
                round.put(mode, measure(mode));
            }
            if (i > 0) {
                rounds.add(round);
            }
        }
        return Stream.of(Mode.values()).map(mode -> row(mode, rounds)).toList();
    }

    private Measured measure(Mode mode) throws InterruptedException {
        FanoutNodes node = Objects.requireNonNull(nodes.get(mode));
        long before = exports(mode).sum();
        FanoutResult result = new Fanout(
                        new FanoutPlan(
                                new FanoutPlan.Listening(
                                        FanoutPlan.Protocol.SSE,
                                        node.addresses(),
                                        plan.connections(),
                                        0,
                                        1,
                                        false,
                                        0,
                                        THREADS,
                                        node.listenToken()),
                                new FanoutPlan.Broadcasting(plan.bytes(), 0, plan.window(), 0, node.broadcastToken()),
                                new FanoutPlan.Length(plan.warmUpSeconds(), plan.seconds()),
                                new FanoutPlan.Monitored(node.pids(), false, null)),
                        line -> {})
                .run();
        FanoutResult.Nodes cost = result.nodes();
        if (!result.clean() || cost == null) {
            throw LabException.failed("traces " + mode.title() + ": not every client received every event once: "
                    + result.accounting() + " " + result.notes());
        }
        return new Measured(
                cost.cpuMicrosPerDelivery(),
                result.throughput().perSecond(),
                result.latency().p50Micros(),
                result.latency().p99Micros(),
                exports(mode).sum() - before);
    }

    private static Row row(Mode mode, List<Map<Mode, Measured>> rounds) {
        return new Row(
                mode,
                median(rounds.stream().map(round -> of(round, mode).cpuMicros())),
                median(rounds.stream()
                        .map(round -> of(round, mode).cpuMicros()
                                / of(round, Mode.OFF).cpuMicros())),
                median(rounds.stream().map(round -> of(round, mode).deliveriesPerSecond())),
                median(rounds.stream()
                        .map(round -> of(round, mode).deliveriesPerSecond()
                                / of(round, Mode.OFF).deliveriesPerSecond())),
                median(rounds.stream().map(round -> of(round, mode).p50Micros())),
                median(rounds.stream().map(round -> of(round, mode).p99Micros())),
                rounds.stream().mapToLong(round -> of(round, mode).exports()).sum());
    }

    private static Measured of(Map<Mode, Measured> round, Mode mode) {
        Measured measured = round.get(mode);
        if (measured == null) {
            throw new IllegalStateException("not measured: " + mode);
        }
        return measured;
    }

    private static double median(Stream<Double> values) {
        List<Double> sorted = values.sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    @Override
    public void close() {
        nodes.values().forEach(FanoutNodes::close);
        collector.stop();
    }
}
