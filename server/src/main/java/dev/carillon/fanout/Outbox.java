package dev.carillon.fanout;

import dev.carillon.broker.Interest;
import dev.carillon.format.Gap;
import dev.carillon.format.WireFormat;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Position;
import dev.carillon.scope.ScopePolicy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The bounded queue of what one connection that lags has not been sent. It refers to the shared bytes and copies nothing. When it is
 * full, events go whose policy allows it, the oldest first, and the client is told at their place how many. On the connection's I/O
 * thread only.
 *
 * <p>Its memory is charged to the client's address: its entries, and the bytes that no other connection shares. Those of an event are charged
 * once for all connections for which it waits. Where a charge is refused, the outbox is full.
 */
final class Outbox {
    /** What may be left of entries that were replaced, beyond as many as there are others. */
    private static final int SLACK = 64;
    /** Heap of an entry, its place in the queue, and that of the newest of its key. */
    private static final int ENTRY_BYTES = 96;
    /** The account grows in steps of so many bytes, so that most entries do not change it. */
    private static final int STEP_BYTES = 4_096;

    /** One piece; of a frame that may be dropped, as long as nothing of it was written. */
    private static final class Entry {
        byte[] bytes;
        int written;

        @Nullable
        Frame droppable;

        /** The frame whose bytes these are, while it is charged for them. */
        @Nullable
        Frame shared;
        /** What is charged of it to the client's address. */
        int charged;

        boolean gone;
        /** Where the events are missing that were dropped. */
        boolean marks;

        Entry(byte[] bytes, @Nullable Frame droppable) {
            this.bytes = bytes;
            this.droppable = droppable;
        }
    }

    /** What only the newest is kept of. */
    private record Latest(List<Interest> scopes, String key) {}

    private static final byte[] NOTHING = {};

    private final FanOutConfig bounds;
    private final FanOutMetrics metrics;
    private final WireFormat format;
    private final MemoryBudget budget;
    private final MemoryBudget.Charge charge;
    /** What the entries take of the client's address. */
    private long charged;
    /** What is charged for them. */
    private long account;

    private final ArrayDeque<Entry> entries = new ArrayDeque<>(4);
    private @Nullable Map<Latest, Entry> latest;
    /** How many entries are not gone, and the bytes of them that were not written. */
    private int events;

    private int bytes;

    private int dropped;
    private @Nullable Position droppedAfter;
    private boolean marked;
    /** A replay that waits until this outbox is empty. */
    private @Nullable CompletableFuture<Void> awaited;

    Outbox(FanOutConfig bounds, FanOutMetrics metrics, WireFormat format, MemoryBudget budget, long address) {
        this.bounds = bounds;
        this.metrics = metrics;
        this.format = format;
        this.budget = budget;
        this.charge = budget.open(address, MemoryBudget.Use.OUTBOXES);
    }

    /**
     * Adds what is not an event. An empty outbox takes any one piece.
     *
     * @param from how much of it was written
     * @return false: it is full, nothing was added
     */
    boolean add(byte[] piece, int from) {
        Entry entry = new Entry(piece, null);
        entry.written = from;
        return makeRoom(piece.length - from) && append(entry, null);
    }

    /** As {@link #add(byte[], int)}, what was not written of an event. */
    boolean addRest(Frame frame, byte[] encoded, int from) {
        Entry entry = new Entry(encoded, null);
        entry.written = from;
        return makeRoom(encoded.length - from) && append(entry, frame);
    }

    /** As {@link #add(byte[], int)}, of an event of which nothing was written; where its policy allows, it is dropped itself. */
    boolean add(Frame frame, byte[] encoded) {
        ScopePolicy.Slow slow = frame.about().slow();
        if (slow == ScopePolicy.Slow.DISCONNECT) {
            return addRest(frame, encoded, 0);
        }
        Entry entry = new Entry(encoded, frame);
        String key = frame.about().key();
        if (slow == ScopePolicy.Slow.LATEST && key != null) {
            replace(new Latest(frame.about().keys(), key), entry);
        }
        if (!makeRoom(encoded.length) || !append(entry, frame)) {
            metrics.droppedSlow.increment();
            mark(frame, entry);
            if (entry.marks) {
                entries.add(entry);
            }
        }
        return true;
    }

    /** @param shared whose bytes they are; null: the connection's own */
    private boolean append(Entry entry, @Nullable Frame shared) {
        if (!charge(entry, shared)) {
            return false;
        }
        entries.add(entry);
        events++;
        bytes += entry.bytes.length - entry.written;
        return true;
    }

    private boolean charge(Entry entry, @Nullable Frame shared) {
        if (shared != null && !shared.await(budget)) {
            shared.leave(budget);
            return false;
        }
        int more = ENTRY_BYTES + (shared == null ? entry.bytes.length : 0);
        if (charged + more > account) {
            long next = (charged + more + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
            if (!charge.set(next)) {
                if (shared != null) {
                    shared.leave(budget);
                }
                return false;
            }
            account = next;
        }
        charged += more;
        entry.charged = more;
        entry.shared = shared;
        return true;
    }

    private void release(Entry entry) {
        charged -= entry.charged;
        entry.charged = 0;
        Frame shared = entry.shared;
        entry.shared = null;
        if (shared != null) {
            shared.leave(budget);
        }
        if (account - charged > 16 * STEP_BYTES) {
            account = charged;
            boolean _ = charge.set(account);
        }
    }

    /** Nothing waits here any more. */
    void close() {
        entries.forEach(this::release);
        entries.clear();
        charge.close();
    }

    private void replace(Latest what, Entry newest) {
        Map<Latest, Entry> map = latest;
        if (map == null) {
            map = new HashMap<>();
            latest = map;
        }
        Entry before = map.put(what, newest);
        if (before != null && before.droppable != null && !before.gone && !before.marks) {
            metrics.replaced.increment();
            forget(before);
            before.gone = true;
        }
        if (entries.size() > 2 * events + SLACK) {
            entries.removeIf(entry -> entry.gone);
        }
        if (map.size() > 2 * events + SLACK) {
            map.values().removeIf(entry -> entry.gone || entry.droppable == null);
        }
    }

    /** Drops what may be dropped until so many bytes have room. */
    private boolean makeRoom(int more) {
        while (events > 0 && (bytes + more > bounds.outboxMaxBytes() || events >= bounds.outboxMaxEvents())) {
            if (!dropOldest()) {
                return false;
            }
        }
        return true;
    }

    private boolean dropOldest() {
        for (Iterator<Entry> all = entries.iterator(); all.hasNext(); ) {
            Entry entry = all.next();
            Frame frame = entry.droppable;
            if (frame != null && !entry.gone && !entry.marks) {
                metrics.droppedSlow.increment();
                forget(entry);
                mark(frame, entry);
                if (!entry.marks) {
                    all.remove();
                }
                return true;
            }
        }
        return false;
    }

    private void forget(Entry entry) {
        events--;
        bytes -= entry.bytes.length;
        entry.bytes = NOTHING;
        release(entry);
    }

    /** The place of the first event that is missing tells of all. */
    private void mark(Frame frame, Entry entry) {
        dropped++;
        entry.droppable = null;
        entry.bytes = NOTHING;
        Frame.About about = frame.about();
        Position after = about.kind().inLog() && !about.inSideLog() ? Gap.before(about.at()) : null;
        if (!marked) {
            marked = true;
            entry.marks = true;
            droppedAfter = after;
        } else {
            entry.gone = true;
            // The first to go may have been the newest, for want of memory.
            if (after != null && droppedAfter != null && droppedAfter.isAfter(after)) {
                droppedAfter = after;
            }
        }
    }

    /**
     * Writes on, as much at a time as the buffer holds.
     *
     * @return whether nothing is left
     */
    boolean drain(Pipe pipe, ByteBuffer scratch) throws IOException {
        while (!entries.isEmpty()) {
            collect(scratch.clear());
            scratch.flip();
            int size = scratch.remaining();
            pipe.write(scratch);
            passOver(size - scratch.remaining());
            if (scratch.hasRemaining()) {
                return false;
            }
        }
        return true;
    }

    private void collect(ByteBuffer into) {
        for (Entry entry : entries) {
            if (entry.marks) {
                tell(entry);
            }
            int n = Math.min(into.remaining(), entry.bytes.length - entry.written);
            into.put(entry.bytes, entry.written, n);
            if (!into.hasRemaining()) {
                return;
            }
        }
    }

    private void tell(Entry marker) {
        marker.marks = false;
        marker.bytes = format.notice(Gap.TYPE, Gap.dropped(dropped, droppedAfter));
        events++;
        bytes += marker.bytes.length;
        marked = false;
        dropped = 0;
    }

    private void passOver(int written) {
        int left = written;
        for (Entry first = entries.peek(); first != null && !first.marks; first = entries.peek()) {
            int rest = first.bytes.length - first.written;
            if (left > 0) {
                // On its way: it can neither be dropped nor replaced any more.
                first.droppable = null;
            }
            if (left < rest) {
                first.written += left;
                bytes -= left;
                return;
            }
            left -= rest;
            bytes -= rest;
            if (!first.gone) {
                events--;
            }
            release(first);
            entries.remove();
        }
    }

    /** Completes when the client has taken everything; fails with {@link GoneException} when it is gone. One at a time. */
    void awaitEmpty(CompletableFuture<Void> empty) {
        awaited = empty;
    }

    boolean isAwaited() {
        return awaited != null;
    }

    void completeAwaited() {
        CompletableFuture<Void> waiting = awaited;
        awaited = null;
        if (waiting != null) {
            waiting.complete(null);
        }
    }

    void failAwaited() {
        CompletableFuture<Void> waiting = awaited;
        awaited = null;
        if (waiting != null) {
            waiting.completeExceptionally(new GoneException());
        }
    }

    int bytes() {
        return bytes;
    }

    /** How many events wait that will never be sent if the connection closes now. */
    int waiting() {
        return events;
    }
}
