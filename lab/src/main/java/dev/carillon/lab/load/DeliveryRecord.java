package dev.carillon.lab.load;

import org.jspecify.annotations.Nullable;

/** The deliveries of one connection: received, missing and duplicate events of each publisher connection. For one thread. */
final class DeliveryRecord {
    /** The highest received sequence of each publisher connection. */
    private final long[] heads;

    private @Nullable SequenceGaps @Nullable [] gaps;
    private long received;
    private long duplicates;
    private long outOfOrder;
    private long orderHash = 1;

    DeliveryRecord(int publishers) {
        this.heads = new long[publishers];
    }

    /** Records an event; returns false if it is a duplicate. */
    boolean record(int publisher, long sequence) {
        long head = heads[publisher];
        SequenceGaps missing = gapsOf(publisher);
        if (sequence > head) {
            heads[publisher] = sequence;
            if (sequence > head + 1) {
                gaps(publisher).add(head + 1, sequence - 1);
            }
        } else if (missing != null && missing.remove(sequence)) {
            outOfOrder++;
        } else {
            duplicates++;
            return false;
        }
        received++;
        orderHash = orderHash * 31 + publisher;
        orderHash = orderHash * 31 + sequence;
        return true;
    }

    private SequenceGaps gaps(int publisher) {
        @Nullable SequenceGaps[] all = gaps;
        if (all == null) {
            all = new @Nullable SequenceGaps[heads.length];
            gaps = all;
        }
        SequenceGaps own = all[publisher];
        if (own == null) {
            own = new SequenceGaps();
            all[publisher] = own;
        }
        return own;
    }

    private @Nullable SequenceGaps gapsOf(int publisher) {
        return gaps == null ? null : gaps[publisher];
    }

    /** Number of events without duplicates. */
    long received() {
        return received;
    }

    long duplicates() {
        return duplicates;
    }

    /** Number of events that arrived after a later one of the same publisher connection. */
    long outOfOrder() {
        return outOfOrder;
    }

    /** Number of missing events of a publisher connection that has sent this many. */
    long missing(int publisher, long sent) {
        SequenceGaps missing = gapsOf(publisher);
        return Math.max(0, sent - heads[publisher]) + (missing == null ? 0 : missing.count());
    }

    boolean contains(int publisher, long sequence) {
        SequenceGaps missing = gapsOf(publisher);
        return sequence <= heads[publisher] && (missing == null || !missing.contains(sequence));
    }

    /** Hash of all received events in order: equal for connections with the same events in the same order. */
    long orderHash() {
        return orderHash;
    }
}
