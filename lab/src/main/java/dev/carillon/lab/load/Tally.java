package dev.carillon.lab.load;

import org.jspecify.annotations.Nullable;

/** The accounting of one connection: what it has of each lane. For one thread. */
final class Tally {
    /** The highest sequence of each lane. */
    private final long[] heads;

    private @Nullable Holes @Nullable [] holes;
    private long received;
    private long doubled;
    private long outOfOrder;
    private long order = 1;

    Tally(int lanes) {
        this.heads = new long[lanes];
    }

    /** Takes an event; returns whether it is the first time. */
    boolean take(int lane, long sequence) {
        long head = heads[lane];
        Holes skipped = holesOf(lane);
        if (sequence > head) {
            heads[lane] = sequence;
            if (sequence > head + 1) {
                holes(lane).add(head + 1, sequence - 1);
            }
        } else if (skipped != null && skipped.remove(sequence)) {
            outOfOrder++;
        } else {
            doubled++;
            return false;
        }
        received++;
        order = order * 31 + lane;
        order = order * 31 + sequence;
        return true;
    }

    private Holes holes(int lane) {
        @Nullable Holes[] all = holes;
        if (all == null) {
            all = new @Nullable Holes[heads.length];
            holes = all;
        }
        Holes of = all[lane];
        if (of == null) {
            of = new Holes();
            all[lane] = of;
        }
        return of;
    }

    private @Nullable Holes holesOf(int lane) {
        return holes == null ? null : holes[lane];
    }

    /** Different events, each once. */
    long received() {
        return received;
    }

    long doubled() {
        return doubled;
    }

    /** Those that came after a later one of their lane. */
    long outOfOrder() {
        return outOfOrder;
    }

    /** Those of a lane that came to nothing, where this many were sent. */
    long missing(int lane, long sent) {
        Holes skipped = holesOf(lane);
        return Math.max(0, sent - heads[lane]) + (skipped == null ? 0 : skipped.count());
    }

    boolean has(int lane, long sequence) {
        Holes skipped = holesOf(lane);
        return sequence <= heads[lane] && (skipped == null || !skipped.contains(sequence));
    }

    /** The same for connections that got the same events in the same order, over all lanes. */
    long order() {
        return order;
    }
}
