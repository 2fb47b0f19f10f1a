package dev.carillon.fanout;

import org.jspecify.annotations.Nullable;

/**
 * One batch on its way along the lists of a hub, as many connections at a time as a slice allows. It goes from the end of a list, so
 * that a connection which leaves is replaced by one that was visited; one that comes meanwhile joined after the event and has it
 * already. On one I/O thread only.
 */
final class Walk {
    final Batch batch;
    private final Hub hub;
    private int key;
    private @Nullable Members list;
    private int next;

    Walk(Hub hub, int formats) {
        this.hub = hub;
        this.batch = new Batch(formats);
    }

    /** After the batch was begun. */
    void begin() {
        key = -1;
        list = null;
    }

    /** False: there is more to do. */
    boolean run(Slice slice) {
        int delivered = 0;
        boolean done = false;
        while (!done && !slice.isOver()) {
            Members in = list;
            if (in == null || next < 0) {
                done = !nextList();
            } else {
                next = Math.min(next, in.size() - 1);
                if (next >= 0) {
                    delivered += in.connection(next--).deliver(batch, in);
                }
            }
        }
        if (delivered > 0) {
            hub.metrics().deliveries.increment(delivered);
        }
        if (done) {
            batch.clear();
            list = null;
        }
        return done;
    }

    private boolean nextList() {
        while (++key < batch.keyCount()) {
            Members found = hub.list(batch.key(key));
            if (found != null) {
                list = found;
                next = found.size() - 1;
                return true;
            }
        }
        return false;
    }
}
