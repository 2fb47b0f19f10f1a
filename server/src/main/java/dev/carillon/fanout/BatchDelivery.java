package dev.carillon.fanout;

import dev.carillon.socket.BulkSender;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Delivers one batch along the lists of a worker, as many connections at a time as a time slice allows. A connection that joins a list
 * meanwhile needs no event of the batch: its memberships start after it, and a frame that reaches it is buffered and dropped when they open. Confined to one I/O thread.
 */
final class BatchDelivery {
    final Batch batch;
    private final FanOutWorker worker;
    private final BulkSend bulkSend;
    private int keyIndex;
    private @Nullable MembershipList list;
    /** Number of members, from the start of the list, that are still to be visited. */
    private int remaining;
    /** Whether at most one list has recipients, so that no connection can receive the batch by two. */
    private boolean singleList;
    /** Whether a connection has received the batch. */
    private boolean received;

    BatchDelivery(FanOutWorker worker, int formats) {
        this.worker = worker;
        this.batch = new Batch(formats);
        this.bulkSend = new BulkSend(worker, formats);
    }

    /** Starts the delivery of {@link #batch}, which must hold at least one frame. */
    void begin() {
        keyIndex = -1;
        list = null;
        received = false;
        int lists = 0;
        for (int i = 0; i < batch.keyCount() && lists < 2; i++) {
            lists += worker.list(batch.key(i)) == null ? 0 : 1;
        }
        singleList = lists < 2;
    }

    /** Delivers until the slice is over; false: connections remain. */
    boolean run(TimeSlice slice) {
        int delivered = 0;
        boolean done = false;
        while (!done && !slice.isOver()) {
            MembershipList in = list;
            if (in == null || remaining == 0) {
                done = !nextList();
                continue;
            }
            CachedSockets sockets = singleList && batch.isForAllMembers() ? in.sockets() : null;
            BulkSender sender = sockets == null ? null : worker.sender();
            if (sockets == null || sender == null) {
                Membership member = in.at(--remaining);
                delivered += member.connection.deliver(batch, member);
            } else {
                int first = Math.max(0, remaining - BulkSender.MAX_SOCKETS);
                int end = remaining;
                remaining = first;
                delivered += bulkSend.run(sender, batch, in, sockets, first, end);
                slice.checkClock();
            }
        }
        if (delivered > 0) {
            worker.metrics().deliveries.increment(delivered);
            received = true;
        }
        if (done) {
            if (received) {
                recordTime();
            }
            batch.clear();
            list = null;
        }
        return done;
    }

    private void recordTime() {
        long now = worker.nanoTime();
        for (int i = 0; i < batch.count(); i++) {
            Frame.About about = batch.frame(i).about();
            if (about.kind() != Frame.Kind.NOTICE) {
                worker.metrics().deliveryTime.record(now - about.arrivedNanos(), TimeUnit.NANOSECONDS);
            }
        }
    }

    /** Removes a member from its list, also from the list that is being visited. */
    void remove(Membership member) {
        if (member.list == list) {
            remaining = member.list.remove(member, remaining);
        } else {
            member.list.remove(member, 0);
        }
    }

    private boolean nextList() {
        while (++keyIndex < batch.keyCount()) {
            MembershipList found = worker.list(batch.key(keyIndex));
            if (found != null) {
                list = found;
                remaining = found.size();
                return true;
            }
        }
        return false;
    }
}
