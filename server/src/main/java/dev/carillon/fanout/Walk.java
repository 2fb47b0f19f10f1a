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
    /** How many of the list, from its beginning, are still to be visited. */
    private int ahead;
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
            if (in == null || ahead == 0) {
                done = !nextList();
                continue;
            }
            KeptSockets sockets = single && batch.isForAll() ? in.sockets() : null;
            Sends sends = sockets == null ? null : hub.sends();
            if (sockets == null || sends == null) {
                Member member = in.at(--ahead);
                delivered += member.connection.deliver(batch, member);
            } else {
                int first = Math.max(0, ahead - Sends.MOST);
                int end = ahead;
                ahead = first;
                delivered += stride.take(sends, batch, in, sockets, first, end);
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

    /** Takes a member out of its list, whether or not it is on its way there. */
    void remove(Member member) {
        if (member.list == list) {
            ahead = member.list.remove(member, ahead);
        } else {
            member.list.remove(member, 0);
        }
    }

    private boolean nextList() {
        while (++key < batch.keyCount()) {
            Members found = hub.list(batch.key(key));
            if (found != null) {
                list = found;
                ahead = found.size();
                return true;
            }
        }
        return false;
    }
}
