package dev.carillon.lab.scale;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The result of a point.
 *
 * @param startedAt time of the first run, as in ISO 8601
 * @param reason the rule by which the point ended early, or what failed; empty: it was measured
 * @param valid whether the load generator kept up in every repeat
 * @param clean whether every client received every event once and in order, in every repeat
 * @param repeats measured repeats
 * @param seconds time that the point took
 * @param figures those that could be measured
 */
public record PointResult(
        ScalePoint point,
        Status status,
        String startedAt,
        String reason,
        boolean valid,
        boolean clean,
        List<String> notes,
        int repeats,
        double seconds,
        Map<Figure, Spread> figures) {
    /** How a point ended. */
    public enum Status {
        MEASURED,
        /** A rule of {@link EarlyEnd} applied. */
        ENDED_EARLY,
        /** Something did not start. */
        FAILED
    }

    public PointResult {
        notes = List.copyOf(notes);
        Map<Figure, Spread> copy = new EnumMap<>(Figure.class);
        copy.putAll(figures);
        figures = copy;
    }
}
