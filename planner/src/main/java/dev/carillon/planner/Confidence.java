package dev.carillon.planner;

import dev.carillon.planner.calibration.Figure;
import java.util.List;

/**
 * How sure a plan is.
 *
 * @param lowest nodes if the figures are at the good ends of their spreads
 * @param highest nodes if they are at the bad ends
 * @param measured share of the processor time that comes from measured figures
 * @param derived share that comes from derived ones; the rest is assumed
 * @param influences figures that move the number of nodes most, in this order
 */
public record Confidence(int lowest, int highest, double measured, double derived, List<Influence> influences) {
    private static final double GOOD = 0.7;
    private static final double FAIR = 1.5;

    /**
     * What the spread of one figure does.
     *
     * @param fewer nodes at the good end, less those of the plan: not above 0
     * @param more nodes at the bad end, less those of the plan
     */
    public record Influence(Figure figure, double fewer, double more) {}

    public Confidence {
        influences = List.copyOf(influences);
    }

    /** One word: good, fair or poor. */
    public String grade() {
        double spread = (double) highest / Math.max(1, lowest);
        if (spread <= FAIR && measured + derived >= GOOD) {
            return "good";
        }
        return spread <= 2 * FAIR ? "fair" : "poor";
    }
}
