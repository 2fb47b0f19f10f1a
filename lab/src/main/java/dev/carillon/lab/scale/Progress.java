package dev.carillon.lab.scale;

import java.util.Locale;

/**
 * How far a sweep is, and when it will probably end.
 *
 * @param points points to measure
 * @param done those that have ended
 * @param measured those of them that took time
 * @param measuredSeconds time of those
 * @param estimate seconds of a point before one was measured
 * @param beginNanos when the sweep began
 */
public record Progress(
        int points, int done, int measured, double measuredSeconds, double estimate, long beginNanos, long nowNanos) {
    private static final int WIDTH = 20;

    Progress(int points, double estimate, long beginNanos) {
        this(points, 0, 0, 0, estimate, beginNanos, beginNanos);
    }

    Progress after(double seconds, long nanos) {
        return new Progress(
                points,
                done + 1,
                measured + (seconds > 0 ? 1 : 0),
                measuredSeconds + seconds,
                estimate,
                beginNanos,
                nanos);
    }

    double elapsedSeconds(long nanos) {
        return (nanos - beginNanos) / 1e9;
    }

    double secondsPerPoint() {
        return measured == 0 ? estimate : measuredSeconds / measured;
    }

    /** As in {@code [#####---------------] 1 of 4, 0:45 done, about 2:15 left}. */
    public String bar() {
        int filled = points == 0 ? WIDTH : WIDTH * done / points;
        return "[" + "#".repeat(filled) + "-".repeat(WIDTH - filled) + "] " + done + " of " + points + ", "
                + clock(elapsedSeconds(nowNanos)) + " done, about " + clock((points - done) * secondsPerPoint())
                + " left";
    }

    private static String clock(double seconds) {
        long whole = Math.round(seconds);
        return String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
    }
}
