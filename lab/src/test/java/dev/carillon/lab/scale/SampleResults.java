package dev.carillon.lab.scale;

import dev.carillon.lab.load.FanoutResult;
import dev.carillon.lab.load.GeneratorLoad;
import dev.carillon.lab.load.ProcessUse;
import dev.carillon.lab.scale.PointResult.Status;
import dev.carillon.lab.scale.ScalePoint.Placement;
import java.util.List;
import java.util.Map;

/** Points and results of tests. */
public final class SampleResults {
    private SampleResults() {}

    public static ScalePoint point(int nodes, int connections, double rate) {
        return new ScalePoint(
                nodes,
                0,
                connections,
                rate,
                200,
                "topic@100",
                "redis",
                "none",
                false,
                "plain",
                "sse",
                Placement.SPREAD);
    }

    public static PointResult measured(ScalePoint point, double capacity) {
        return result(
                point,
                Status.MEASURED,
                "",
                Map.of(
                        Figure.PER_DELIVERY, Spread.of(List.of(7.0, 5.0, 9.0)),
                        Figure.P99, Spread.of(List.of(12.5)),
                        Figure.CAPACITY, Spread.of(List.of(capacity))));
    }

    static PointResult endedEarly(ScalePoint point) {
        return result(point, Status.ENDED_EARLY, "rule half: too slow", Map.of());
    }

    private static PointResult result(ScalePoint point, Status status, String reason, Map<Figure, Spread> figures) {
        return new PointResult(point, status, "2026-01-01T00:00:00Z", reason, true, true, List.of(), 3, 20, figures);
    }

    /** A run of the load generator. */
    static FanoutResult run(double deliveriesPerSecond, long p99Micros, List<ProcessUse> processes) {
        double cpuShare = processes.stream().mapToDouble(ProcessUse::cpuShare).sum();
        return new FanoutResult(
                new FanoutResult.Setup(
                        "2026-01-01T00:00:00Z", "a machine", "sse", false, 2, 100, 0, 1, 200, 10, 64, 1, 2),
                true,
                List.of(),
                true,
                false,
                List.of(),
                new FanoutResult.Connections(100, 100, 0, 0, 0),
                new FanoutResult.Broadcasts(100, 100, 0, 0, 10),
                new FanoutResult.Accounting(1_000, 1_000, 0, 0, 0, 0, 0, 0, 0),
                new FanoutResult.Throughput(1, (long) deliveriesPerSecond, deliveriesPerSecond, 120),
                new FanoutResult.Latency(1_000, 1_000, 2_000, p99Micros, p99Micros, p99Micros, 1_100),
                new FanoutResult.Nodes(
                        cpuShare * 1e6 / deliveriesPerSecond, cpuShare, 80, 100 << 20, 5_000, 2_500.0, 0.05),
                processes,
                null,
                new GeneratorLoad(0.1, 0.1, 10, 100, 1_000),
                List.of(),
                List.of());
    }
}
