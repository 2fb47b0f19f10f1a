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
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The bounded queue of a lagging connection. Entries refer to the shared bytes of their frames. When the outbox is full, it drops events
 * whose policy allows that, the oldest first, and puts a notice with their number in place of the first one. Confined to the connection's I/O
 * thread.
 *
 * <p>Entries, and bytes that no other connection shares, are charged to the client's address. The bytes of a frame are charged once for all
 * outboxes that hold it. A refused charge counts as a full outbox.
 */
final class Outbox {
    /** Removed entries stay queued until they outnumber the others by this. */
    private static final int MAX_REMOVED = 64;
    /** Heap of an entry with its slots in the queue and in the map of keys. */
    private static final int ENTRY_BYTES = 96;
    /** Step in which the charge grows, so that most entries do not change it. */
    private static final int STEP_BYTES = 4_096;

    /** Bytes to write; the entry may be dropped while {@code droppable} is set, until the first of its bytes is written. */
    private static final class Entry {
        byte[] bytes;
        int written;

        @Nullable
        Frame droppable;

        /** The frame that owns the bytes, while this entry holds a reference to it. */
        @Nullable
        Frame shared;
        /** Bytes charged to the client's address for this entry. */
        int charged;

        /** Dropped or replaced, and skipped when written. */
        boolean removed;
        /** Stands for the dropped events: becomes the notice of a gap when it is written. */
        boolean gapMarker;

        Entry(byte[] bytes, @Nullable Frame droppable) {
            this.bytes = bytes;
            this.droppable = droppable;
        }
    }

    /** Events of which only the newest stays queued. */
    private record ReplacementKey(List<Interest> scopes, String key) {}

    private static final byte[] NOTHING = {};

    private final FanOutConfig bounds;
    private final FanOutMetrics metrics;
    private final WireFormat format;
    private final MemoryBudget budget;
    private final MemoryBudget.Charge charge;
    /** Receives each event that is dropped or replaced. */
    private final BiConsumer<Frame, DeliveryLog.Cause> leftOut;
    /** Bytes that the entries need, and bytes that are charged to the client's address for them. */
    private long needed;

    private long charged;

    private final ArrayDeque<Entry> entries = new ArrayDeque<>(4);
    private @Nullable Map<ReplacementKey, Entry> latest;
    /** Number of entries that are not removed, and their unwritten bytes. */
    private int events;

    private int bytes;

    private int dropped;
    private @Nullable Position droppedAfter;
    /** Whether an unwritten entry is the gap marker. */
    private boolean hasGapMarker;
    /** Completed when the outbox is empty; a replay waits for it. */
    private @Nullable CompletableFuture<Void> awaited;

    Outbox(
            FanOutConfig bounds,
            FanOutMetrics metrics,
            WireFormat format,
            MemoryBudget budget,
            long address,
            BiConsumer<Frame, DeliveryLog.Cause> leftOut) {
        this.leftOut = leftOut;
        this.bounds = bounds;
        this.metrics = metrics;
        this.format = format;
        this.budget = budget;
        this.charge = budget.open(address, MemoryBudget.Use.OUTBOXES);
    }

    /**
     * Adds bytes that are not an event. An empty outbox accepts any number of bytes.
     *
     * @param written number of these bytes that were written before
     * @return false: full, nothing was added
     */
    boolean add(byte[] own, int written) {
        Entry entry = new Entry(own, null);
        entry.written = written;
        return makeRoom(own.length - written) && append(entry, null);
    }

    /** As {@link #add(byte[], int)}, for an event that was partly written or must not be dropped. */
    boolean addRest(Frame frame, byte[] encoded, int written) {
        Entry entry = new Entry(encoded, null);
        entry.written = written;
        return makeRoom(encoded.length - written) && append(entry, frame);
    }

    /** As {@link #add(byte[], int)}, for an event; if the outbox is full and the event's policy allows it, the event is dropped and the result is true. */
    boolean add(Frame frame, byte[] encoded) {
        ScopePolicy.Slow slow = frame.about().slow();
        if (slow == ScopePolicy.Slow.DISCONNECT) {
            return addRest(frame, encoded, 0);
        }
        Entry entry = new Entry(encoded, frame);
        String key = frame.about().key();
        if (slow == ScopePolicy.Slow.LATEST && key != null) {
            replace(new ReplacementKey(frame.about().keys(), key), entry);
        }
        if (!makeRoom(encoded.length) || !append(entry, frame)) {
            metrics.droppedSlow.increment();
            markDropped(frame, entry);
            if (entry.gapMarker) {
                entries.add(entry);
            }
        }
        return true;
    }

    /** @param shared the frame that owns the bytes; null: they are the connection's own */
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
        if (shared != null && !shared.retain(budget)) {
            shared.release(budget);
            return false;
        }
        int more = ENTRY_BYTES + (shared == null ? entry.bytes.length : 0);
        if (needed + more > charged) {
            long next = (needed + more + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
            if (!charge.set(next)) {
                if (shared != null) {
                    shared.release(budget);
                }
                return false;
            }
            charged = next;
        }
        needed += more;
        entry.charged = more;
        entry.shared = shared;
        return true;
    }

    private void release(Entry entry) {
        needed -= entry.charged;
        entry.charged = 0;
        Frame shared = entry.shared;
        entry.shared = null;
        if (shared != null) {
            shared.release(budget);
        }
        if (charged - needed > 16 * STEP_BYTES) {
            charged = needed;
            boolean _ = charge.set(charged);
        }
    }

    /** Removes all entries and releases their memory. */
    void close() {
        entries.forEach(this::release);
        entries.clear();
        charge.close();
    }

    private void replace(ReplacementKey key, Entry newest) {
        Map<ReplacementKey, Entry> map = latest;
        if (map == null) {
            map = new HashMap<>();
            latest = map;
        }
        Entry before = map.put(key, newest);
        Frame older = before == null ? null : before.droppable;
        if (before != null && older != null && !before.removed && !before.gapMarker) {
            metrics.replaced.increment();
            leftOut.accept(older, DeliveryLog.Cause.REPLACED);
            discard(before);
            before.removed = true;
        }
        if (entries.size() > 2 * events + MAX_REMOVED) {
            entries.removeIf(entry -> entry.removed);
        }
        if (map.size() > 2 * events + MAX_REMOVED) {
            map.values().removeIf(entry -> entry.removed || entry.droppable == null);
        }
    }

    /** Drops droppable events until the outbox can hold {@code more} bytes; false: it cannot. */
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
            if (frame != null && !entry.removed && !entry.gapMarker) {
                metrics.droppedSlow.increment();
                discard(entry);
                markDropped(frame, entry);
                if (!entry.gapMarker) {
                    all.remove();
                }
                return true;
            }
        }
        return false;
    }

    private void discard(Entry entry) {
        events--;
        bytes -= entry.bytes.length;
        entry.bytes = NOTHING;
        release(entry);
    }

    /** The entry of the first dropped event becomes the gap marker for all of them. */
    private void markDropped(Frame frame, Entry entry) {
        leftOut.accept(frame, DeliveryLog.Cause.OUTBOX_FULL);
        dropped++;
        entry.droppable = null;
        entry.bytes = NOTHING;
        Frame.About about = frame.about();
        Position after = about.kind().inLog() && !about.inSideLog() ? Gap.before(about.at()) : null;
        if (!hasGapMarker) {
            hasGapMarker = true;
            entry.gapMarker = true;
            droppedAfter = after;
        } else {
            entry.removed = true;
            // With no memory left, the newest event may have been dropped before older ones.
            if (after != null && droppedAfter != null && droppedAfter.isAfter(after)) {
                droppedAfter = after;
            }
        }
    }

    /**
     * Writes until the socket is full, one buffer at a time.
     *
     * @return whether the outbox is empty
     */
    boolean drain(Pipe pipe, ByteBuffer scratch) throws IOException {
        while (!entries.isEmpty()) {
            fill(scratch.clear());
            scratch.flip();
            int size = scratch.remaining();
            pipe.write(scratch);
            removeWritten(size - scratch.remaining());
            if (scratch.hasRemaining()) {
                return false;
            }
        }
        return true;
    }

    private void fill(ByteBuffer into) {
        for (Entry entry : entries) {
            if (entry.gapMarker) {
                becomeNotice(entry);
            }
            int n = Math.min(into.remaining(), entry.bytes.length - entry.written);
            into.put(entry.bytes, entry.written, n);
            if (!into.hasRemaining()) {
                return;
            }
        }
    }

    private void becomeNotice(Entry marker) {
        marker.gapMarker = false;
        marker.bytes = format.notice(Gap.TYPE, Gap.dropped(dropped, droppedAfter));
        events++;
        bytes += marker.bytes.length;
        hasGapMarker = false;
        dropped = 0;
    }

    private void removeWritten(int written) {
        int left = written;
        for (Entry first = entries.peek(); first != null && !first.gapMarker; first = entries.peek()) {
            int rest = first.bytes.length - first.written;
            if (left > 0) {
                // Partly written: it can no longer be dropped or replaced.
                first.droppable = null;
            }
            if (left < rest) {
                first.written += left;
                bytes -= left;
                return;
            }
            left -= rest;
            bytes -= rest;
            if (!first.removed) {
                events--;
            }
            release(first);
            entries.remove();
        }
    }

    /** Completes the future when the outbox is empty, or fails it with {@link ConnectionClosedException}. One future at a time. */
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
            waiting.completeExceptionally(new ConnectionClosedException());
        }
    }

    /** Position of the first queued event of the tenant's log; null: none. */
    @Nullable
    Position firstInLog() {
        for (Entry entry : entries) {
            Frame frame = entry.removed ? null : entry.shared;
            if (frame != null && frame.about().isInTenantLog()) {
                return frame.about().at();
            }
        }
        return null;
    }

    int bytes() {
        return bytes;
    }

    /** Number of queued events. */
    int events() {
        return events;
    }
}
