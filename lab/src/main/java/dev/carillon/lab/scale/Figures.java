package dev.carillon.lab.scale;

import dev.carillon.lab.load.FanoutResult;
import dev.carillon.lab.load.ProcessUse;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Collects the figures of the runs of one point. */
final class Figures {
    private static final double MICROS = 1e6;
    private static final double MICROS_PER_MILLI = 1e3;

    private final ScalePoint point;
    private final boolean hasBroker;
    private final Map<Figure, List<Double>> values = new EnumMap<>(Figure.class);

    /** @param hasBroker whether the process after the nodes is a broker */
    Figures(ScalePoint point, boolean hasBroker) {
        this.point = point;
        this.hasBroker = hasBroker;
    }

    /** The first run after the start. */
    void addWarmUp(FanoutResult run) {
        FanoutResult.Nodes nodes = run.nodes();
        if (nodes != null) {
            add(Figure.CONNECT_COLD, nodes.connectCpuMicros());
            addPositive(Figure.RESIDENT, nodes.residentBytesPerConnection());
            Double heap = nodes.heapBytesPerConnection();
            if (heap != null) {
                addPositive(Figure.HEAP, heap);
            }
        }
    }

    /**
     * A repeat that left its connections idle for a while.
     *
     * @param idleNodes processors that the nodes use without connections
     */
    void addIdle(FanoutResult run, double idleNodes) {
        FanoutResult.Nodes nodes = run.nodes();
        Double idle = nodes == null ? null : nodes.idleCpuShare();
        if (idle != null) {
            addPositive(Figure.IDLE_CONNECTION, (idle - idleNodes) * MICROS / point.connections());
        }
    }

    void addRepeat(FanoutResult run) {
        double deliveries = run.throughput().perSecond();
        add(Figure.DELIVERIES, deliveries);
        add(Figure.BROADCASTS, run.broadcasts().perSecond());
        add(Figure.P50, run.latency().p50Micros() / MICROS_PER_MILLI);
        add(Figure.P99, run.latency().p99Micros() / MICROS_PER_MILLI);
        add(Figure.P999, run.latency().p999Micros() / MICROS_PER_MILLI);
        FanoutResult.Nodes nodes = run.nodes();
        if (nodes != null) {
            add(Figure.NODE_PROCESSORS, nodes.cpuShare());
            addPositive(Figure.CONNECT_WARM, nodes.connectCpuMicros());
            if (deliveries > 0 && nodes.cpuShare() > 0) {
                add(Figure.PER_DELIVERY, nodes.cpuMicrosPerDelivery());
                add(
                        Figure.PER_EVENT,
                        nodes.cpuShare() * MICROS / run.broadcasts().perSecond());
                add(Figure.CAPACITY, deliveries * point.nodes() / nodes.cpuShare());
            }
        }
        addProcesses(run.processes(), run.broadcasts().perSecond());
    }

    private void addProcesses(List<ProcessUse> processes, double broadcasts) {
        int count = point.nodes();
        if (processes.size() < count) {
            return;
        }
        if (count > 1) {
            List<ProcessUse> others = processes.subList(1, count);
            add(Figure.FIRST_NODE_PROCESSORS, processes.getFirst().cpuShare());
            add(Figure.OTHER_NODE_PROCESSORS, mean(others, ProcessUse::cpuShare));
            add(Figure.FIRST_NODE_READ, processes.getFirst().readBytesPerSecond());
            double read = mean(others, ProcessUse::readBytesPerSecond);
            add(Figure.OTHER_NODE_READ, read);
            add(Figure.OTHER_NODE_PER_EVENT, read / Math.max(1e-9, broadcasts));
        }
        List<ProcessUse> rest = processes.subList(count, processes.size());
        if (hasBroker && !rest.isEmpty()) {
            ProcessUse broker = rest.getFirst();
            add(Figure.BROKER_PROCESSORS, broker.cpuShare());
            add(Figure.BROKER_READ, broker.readBytesPerSecond());
            add(Figure.BROKER_WRITTEN, broker.writtenBytesPerSecond());
        }
        List<ProcessUse> proxies = rest.subList(hasBroker && !rest.isEmpty() ? 1 : 0, rest.size());
        if (!proxies.isEmpty()) {
            add(
                    Figure.PROXY_PROCESSORS,
                    proxies.stream().mapToDouble(ProcessUse::cpuShare).sum());
        }
    }

    private static double mean(List<ProcessUse> processes, ToDoubleFunction<ProcessUse> value) {
        return processes.stream().mapToDouble(value).average().orElse(0);
    }

    private void add(Figure figure, double value) {
        values.computeIfAbsent(figure, _ -> new ArrayList<>()).add(value);
    }

    /** A difference that is not above zero is smaller than the noise. */
    private void addPositive(Figure figure, double value) {
        if (value > 0) {
            add(figure, value);
        }
    }

    Map<Figure, Spread> spreads() {
        Map<Figure, Spread> spreads = new EnumMap<>(Figure.class);
        values.forEach((figure, all) -> spreads.put(figure, Spread.of(all)));
        return spreads;
    }
}
