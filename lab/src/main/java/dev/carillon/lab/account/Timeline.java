package dev.carillon.lab.account;

import java.util.ArrayList;
import java.util.List;

/** Describes what a subscriber observed around a moment: its streams with their nodes, and the gaps that it received. */
final class Timeline {
    private static final long BEFORE_MILLIS = 10_000;
    private static final long AFTER_MILLIS = 10_000;
    /** Later observations are omitted. */
    private static final int MAX_PARTS = 20;

    private Timeline() {}

    static String around(long momentMillis, List<Observation> observations) {
        List<String> parts = new ArrayList<>();
        String stream = "no stream";
        Broadcast last = null;
        boolean begun = false;
        for (Observation observation : observations) {
            boolean inRange = observation.atMillis() >= momentMillis - BEFORE_MILLIS
                    && observation.atMillis() <= momentMillis + AFTER_MILLIS;
            if (inRange && !begun) {
                begun = true;
                parts.add("subscriber has " + stream);
            }
            switch (observation) {
                case Observation.EventReceived(Broadcast event, long _) -> last = event;
                case Observation.StateLoaded(int[] _, long at) -> add(parts, inRange, "at " + at + " state loaded");
                case Observation.StreamOpened(String node, long at) -> {
                    stream = "a stream at " + node;
                    add(
                            parts,
                            inRange,
                            "at " + at + " stream opened at " + node
                                    + (last == null ? "" : " after event " + last.label()));
                }
                case Observation.StreamEnded(long at) -> {
                    stream = "no stream";
                    add(parts, inRange, "at " + at + " stream ended");
                }
                case Observation.GapReceived gap ->
                    add(
                            parts,
                            inRange,
                            "at " + gap.atMillis() + " gap " + gap.reason()
                                    + (gap.event() == null ? "" : " for event " + gap.event())
                                    + (gap.afterMillis() == 0 ? "" : " after " + gap.afterMillis()));
            }
        }
        return String.join(", ", parts);
    }

    private static void add(List<String> parts, boolean inRange, String part) {
        if (inRange && parts.size() < MAX_PARTS) {
            parts.add(part);
        }
    }
}
