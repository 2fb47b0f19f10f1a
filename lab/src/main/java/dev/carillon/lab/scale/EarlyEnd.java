package dev.carillon.lab.scale;

import dev.carillon.lab.load.FanoutResult;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The rules by which a point ends before its repeats. */
public final class EarlyEnd {
    static final double DELIVERED = 0.5;
    static final long P99_MICROS = 5_000_000;

    private EarlyEnd() {}

    /** After the warm-up, or a repeat. */
    static Optional<String> after(FanoutResult warmUp, ScalePoint point) {
        double share = warmUp.throughput().perSecond() / Math.max(1e-9, point.expectedDeliveries());
        if (share < DELIVERED) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "rule half: %.0f %% of the deliveries that were due arrived, less than half",
                    100 * share));
        }
        if (warmUp.latency().p99Micros() > P99_MICROS) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "rule delay: the 99th percentile of the delivery time was %.1f s, more than 5 s",
                    warmUp.latency().p99Micros() / 1e6));
        }
        return Optional.empty();
    }

    /** Before the start: a lighter point of this sweep ended early. */
    static Optional<String> before(ScalePoint point, List<PointResult> results) {
        return results.stream()
                .filter(result -> result.status() == PointResult.Status.ENDED_EARLY)
                .map(PointResult::point)
                .filter(point::isHeavierThan)
                .findFirst()
                .map(lighter -> "rule lighter: a point with less of the same load ended early (" + lighter + ")");
    }
}
