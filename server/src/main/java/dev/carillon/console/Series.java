package dev.carillon.console;

import java.util.List;

/** A number that each node samples once a second. */
enum Series {
    /** Open streams and WebSockets. */
    CONNECTIONS(0, "connections", Merge.MEAN),
    /** Broadcasts per second that this node took in. */
    BROADCASTS(1, "broadcasts", Merge.MEAN),
    /** Events per second that this node gave to connections. */
    DELIVERIES(2, "deliveries", Merge.MEAN),
    /** Milliseconds from the arrival of an event at the node until it was written or queued, median. */
    P50(3, "p50", Merge.MAX),
    P99(4, "p99", Merge.MAX),
    /** Gaps in the sequence of events from the broker, per second. */
    GAPS(5, "gaps", Merge.MAX),
    /** Events dropped for slow clients, and clients disconnected as too slow, per second. */
    SLOW(6, "slow", Merge.MAX),
    OUTBOX_BYTES(7, "outbox", Merge.MAX),
    /** Milliseconds of the last measured answer of the broker. */
    ROUND_TRIP(8, "roundTrip", Merge.MAX),
    /** Processor time of the process, as percent of all processors. */
    CPU(9, "cpu", Merge.MEAN),
    HEAP_BYTES(10, "heap", Merge.MAX);

    static final List<Series> ALL = List.of(values());

    private final int index;
    private final String member;
    private final Merge merge;

    /** How several seconds become one point. */
    enum Merge {
        MEAN,
        MAX
    }

    Series(int index, String member, Merge merge) {
        this.index = index;
        this.member = member;
        this.merge = merge;
    }

    /** Its place in a sample. */
    int index() {
        return index;
    }

    /** Its name in JSON. */
    String member() {
        return member;
    }

    Merge merge() {
        return merge;
    }
}
