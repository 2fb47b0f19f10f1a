package dev.carillon.client;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Where a subscription resumes. The position advances with the id of each event. Retained events are older than it: while they may arrive, from the
 * opening of a stream that does not resume until the next ping, the position is held. The ids that arrive meanwhile are kept, so that those that come
 * again after a reconnect are dropped. For one thread, but {@link #get}.
 */
final class ResumePosition {
    /** Beyond it the oldest are forgotten, and may be repeated. */
    private static final int MAX_SEEN = 10_000;

    private volatile String position;
    private boolean held = true;
    private final Set<String> seen = new LinkedHashSet<>();
    private final Set<String> repeats = new LinkedHashSet<>();

    /** @param position empty: from now on */
    ResumePosition(String position) {
        this.position = position;
    }

    /** Empty: there is none yet. */
    String get() {
        return position;
    }

    /** A request for a stream is sent. */
    void requested() {
        repeats.clear();
        repeats.addAll(seen);
    }

    /** @param cursor start of a stream that does not resume */
    void opened(Optional<String> cursor) {
        if (position.isEmpty() && cursor.isPresent()) {
            position = cursor.get();
            held = true;
            seen.clear();
        }
    }

    /** The given position may be unknown: the retained events can come again. */
    void gap() {
        held = true;
    }

    /** A ping, whose cursor is after everything that was sent. */
    void advance(String cursor) {
        position = cursor;
        held = false;
        seen.clear();
        repeats.clear();
    }

    /** Whether the event is new. */
    boolean accept(Optional<String> id) {
        if (id.isEmpty()) {
            return true;
        }
        if (repeats.remove(id.get())) {
            return false;
        }
        if (!held) {
            position = id.get();
            return true;
        }
        seen.add(id.get());
        if (seen.size() > MAX_SEEN) {
            seen.remove(seen.iterator().next());
        }
        return true;
    }
}
