package dev.carillon.console;

import dev.carillon.base.Text;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The last {@value #MAX} occurrences that this node noticed, with texts of at most {@value #MAX_CHARS} characters. Thread-safe. */
final class OccurrenceLog {
    static final int MAX = 200;
    static final int MAX_CHARS = 200;

    private final InstantSource clock;
    // Below: guarded by this.
    private final Deque<Occurrence> newest = new ArrayDeque<>();
    private long count;

    OccurrenceLog(InstantSource clock) {
        this.clock = clock;
    }

    void note(String kind, String subject, String text) {
        add(kind, subject, false, text);
    }

    /** Adds one that operators should look after. */
    void warn(String kind, String subject, String text) {
        add(kind, subject, true, text);
    }

    private synchronized void add(String kind, String subject, boolean isBad, String text) {
        newest.addFirst(new Occurrence(
                ++count,
                clock.millis(),
                kind,
                Text.printable(subject, MAX_CHARS),
                isBad,
                Text.printable(text, MAX_CHARS)));
        if (newest.size() > MAX) {
            newest.removeLast();
        }
    }

    /** The newest first. */
    synchronized List<Occurrence> last(int max) {
        return newest.stream().limit(max).toList();
    }
}
