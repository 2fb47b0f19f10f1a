package dev.carillon.lab.scale;

/**
 * The search for the highest rate that holds a bound: the rate doubles until one does not hold, and is then bisected (by ratio) until the two
 * rates are close or the steps are used up.
 *
 * @param holds highest rate that held the bound; 0: none yet
 * @param fails lowest rate that did not; infinite: none yet
 */
public record LimitSearch(double holds, double fails, Bounds bounds, int steps) {
    /** Rates that are this close are one. */
    public static final double CLOSE = 1.1;

    /**
     * The bounds of a search.
     *
     * @param from first rate
     * @param to highest rate
     */
    public record Bounds(double from, double to, int maxSteps) {}

    public static LimitSearch of(Bounds bounds) {
        return new LimitSearch(0, Double.POSITIVE_INFINITY, bounds, 0);
    }

    public boolean isDone() {
        return steps >= bounds.maxSteps || isExact();
    }

    /** Whether more steps would find nothing more; false when the search ended before. */
    public boolean isExact() {
        return holds >= bounds.to || holds > 0 && fails / holds <= CLOSE || holds == 0 && fails <= lowest();
    }

    /** With no rate that holds, the search goes down to this. */
    private double lowest() {
        return bounds.from / (1 << 6);
    }

    /** The next rate to try. */
    public double next() {
        if (holds == 0) {
            return Double.isInfinite(fails) ? bounds.from : fails / 2;
        }
        return Math.min(bounds.to, Double.isInfinite(fails) ? holds * 2 : Math.sqrt(holds * fails));
    }

    /** After a try. */
    public LimitSearch tried(double rate, boolean held) {
        return held
                ? new LimitSearch(Math.max(holds, rate), fails, bounds, steps + 1)
                : new LimitSearch(holds, Math.min(fails, rate), bounds, steps + 1);
    }
}
