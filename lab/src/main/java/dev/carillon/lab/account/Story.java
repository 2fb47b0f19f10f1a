package dev.carillon.lab.account;

import java.util.ArrayList;
import java.util.List;

/** What a subscriber saw around a moment, in words: at which nodes it was, by which event it came back, and what it was told. */
final class Story {
    private static final long BEFORE_MILLIS = 10_000;
    private static final long AFTER_MILLIS = 10_000;
    /** The latest are left out. */
    private static final int MAX_PARTS = 20;

    private Story() {}

    static String around(long momentMillis, List<Seen> seen) {
        List<String> parts = new ArrayList<>();
        String stream = "no stream";
        Broadcast last = null;
        boolean begun = false;
        for (Seen one : seen) {
            boolean due =
                    one.atMillis() >= momentMillis - BEFORE_MILLIS && one.atMillis() <= momentMillis + AFTER_MILLIS;
            if (due && !begun) {
                begun = true;
                parts.add("it had " + stream);
            }
            switch (one) {
                case Seen.Got(Broadcast event, long _) -> last = event;
                case Seen.Opened(String node, long at) -> {
                    stream = "a stream at " + node;
                    add(
                            parts,
                            due,
                            "at " + at + " it came to " + node + (last == null ? "" : " after " + last.place()));
                }
                case Seen.Ended(long at) -> {
                    stream = "no stream";
                    add(parts, due, "at " + at + " its stream ended");
                }
                case Seen.Told told ->
                    add(
                            parts,
                            due,
                            "at " + told.atMillis() + " it was told " + told.reason()
                                    + (told.event() == null ? "" : " of " + told.event())
                                    + (told.afterMillis() == 0 ? "" : " after " + told.afterMillis()));
            }
        }
        return String.join(", ", parts);
    }

    private static void add(List<String> parts, boolean due, String part) {
        if (due && parts.size() < MAX_PARTS) {
            parts.add(part);
        }
    }
}
