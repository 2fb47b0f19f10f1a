package dev.carillon.fanout;

import dev.carillon.socket.Sends;
import org.jspecify.annotations.Nullable;

/**
 * One batch on its way along the lists of a hub, as many connections at a time as a slice allows; one that comes meanwhile joined after
 * the event and has it already. On one I/O thread only.
 */
final class Walk {
    final Batch batch;
    private final Hub hub;
    private final Stride stride;
    private int key;
    private @Nullable Members list;
    /** Whether no connection can be in two of the lists. */
    private boolean single;

    Walk(Hub hub, int formats) {
        this.hub = hub;
        this.batch = new Batch(formats);
        this.stride = new Stride(hub, formats);
    }

    /** After the batch was begun. */
    void begin() {
        key = -1;
        list = null;
        int lists = 0;
        for (int i = 0; i < batch.keyCount() && lists < 2; i++) {
            lists += hub.list(batch.key(i)) == null ? 0 : 1;
        }
        single = lists < 2;
    }

    /** False: there is more to do. */
    boolean run(Slice slice) {
        int delivered = 0;
        boolean done = false;
        while (!done && !slice.isOver()) {
            Members in = list;
            if (in == null || !in.hasNext()) {
                done = !nextList();
                continue;
            }
            Sends sends = single && batch.isForAll() ? hub.sends() : null;
            if (sends == null) {
                delivered += in.at(in.next()).connection.deliver(batch, in);
            } else {
                delivered += stride.take(sends, batch, in);
                slice.look();
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
                found.walk();
                return true;
            }
        }
        return false;
    }
}
