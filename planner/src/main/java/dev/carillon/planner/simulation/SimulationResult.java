package dev.carillon.planner.simulation;

import dev.carillon.planner.Plan;
import java.util.List;

/**
 * A simulated run.
 *
 * @param seconds length of the run
 * @param events discrete events that were simulated
 * @param disturbedAt when the disturbance began; 0 without one
 * @param allBackAt when all clients had a stream again for good; infinite if that did not happen
 * @param refused attempts to connect that were refused, because the node had too much to do
 * @param largestShare clients of the fullest node at the end, as a multiple of the mean
 */
public record SimulationResult(
        Plan plan,
        Scenario scenario,
        long seed,
        double seconds,
        long events,
        double disturbedAt,
        double allBackAt,
        double refused,
        double largestShare,
        List<Sample> samples) {

    public SimulationResult {
        samples = List.copyOf(samples);
    }

    /** The highest 99th percentile of all samples, in seconds. */
    public double worstP99() {
        return samples.stream()
                .mapToDouble(Sample::p99Seconds)
                .filter(Double::isFinite)
                .max()
                .orElse(0);
    }

    /** The highest utilisation of a node. */
    public double peak() {
        return samples.stream().mapToDouble(Sample::busiest).max().orElse(0);
    }

    /** The most clients without a stream at one moment. */
    public double mostWaiting() {
        return samples.stream().mapToDouble(Sample::waiting).max().orElse(0);
    }

    /** Seconds from the disturbance until all clients had a stream again. */
    public double secondsUntilBack() {
        return allBackAt - disturbedAt;
    }
}
