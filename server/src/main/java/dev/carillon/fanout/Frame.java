package dev.carillon.fanout;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.format.ChunkedFormat;
import dev.carillon.format.WireFormat;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicy;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One event or notice, encoded once per wire format and shared by all workers and outboxes. Thread-safe. */
final class Frame implements WorkerTask {
    enum Kind {
        EVENT,
        /** An event that was found missing; a connection that received a later one must receive a notice instead. */
        LATE,
        /** An event of this node that is in no log. */
        LOCAL,
        /** A notice of the node, such as a gap. */
        NOTICE;

        boolean inLog() {
            return this == EVENT || this == LATE;
        }
    }

    /**
     * The properties of a frame that delivery decides by.
     *
     * @param ordinal unique on this node; rises with every frame
     * @param inSideLog whether the position is of a {@linkplain dev.carillon.scope.Tenant#isSideLog side log}, and comparable only within it
     * @param id id of the event as clients see it; null: none
     * @param keys membership lists to deliver to
     * @param restricted whether a member of a public scope needs a grant for one of the event's scopes
     * @param readers the only users who receive the event; empty: not limited
     * @param tags the event's tags, for connections that filter by them
     * @param slow policy for connections that lag
     * @param key with {@link ScopePolicy.Slow#LATEST}, a newer event of the same key and scopes replaces this one
     * @param noticeIfTooLate for a late event: sent instead to connections that received a later one
     * @param arrivedNanos when the event arrived from the feed, by the monotonic clock; 0 for a notice
     */
    record About(
            long ordinal,
            Kind kind,
            Position at,
            boolean inSideLog,
            @Nullable String id,
            List<Scope> scopes,
            List<Interest> keys,
            boolean restricted,
            Set<String> readers,
            Map<String, String> tags,
            ScopePolicy.Slow slow,
            @Nullable String key,
            @Nullable Frame noticeIfTooLate,
            long arrivedNanos) {
        static About event(
                long ordinal,
                Kind kind,
                Live live,
                boolean withId,
                List<Interest> keys,
                ScopePolicy.Slow slow,
                @Nullable Frame noticeIfTooLate,
                long arrivedNanos) {
            Event event = live.event();
            return new About(
                    ordinal,
                    kind,
                    live.at(),
                    event.isInSideLog(),
                    withId ? live.id() : null,
                    event.scopes(),
                    keys,
                    event.isPrivate(),
                    event.readers(),
                    event.tags(),
                    slow,
                    event.key(),
                    noticeIfTooLate,
                    arrivedNanos);
        }

        /** Whether it has a position in its tenant's log. */
        boolean isInTenantLog() {
            return kind.inLog() && !inSideLog;
        }

        static About notice(long ordinal, List<Interest> keys) {
            return new About(
                    ordinal,
                    Kind.NOTICE,
                    Position.NONE,
                    false,
                    null,
                    List.of(),
                    keys,
                    false,
                    Set.of(),
                    Map.of(),
                    ScopePolicy.Slow.DISCONNECT,
                    null,
                    null,
                    0);
        }
    }

    private final About about;
    private final Formats formats;
    private final Function<WireFormat, byte[]> encoding;
    private final AtomicReferenceArray<byte[]> encoded;
    private final int size;
    /** Number of outboxes and buffers that hold this frame. */
    private final AtomicInteger references = new AtomicInteger();

    /**
     * Encodes the frame for the formats in use. A format that comes into use later is encoded on its first use.
     *
     * @param encoding may be called by several threads
     */
    Frame(About about, Formats formats, Function<WireFormat, byte[]> encoding) {
        this.about = about;
        this.formats = formats;
        this.encoding = encoding;
        this.encoded = new AtomicReferenceArray<>(formats.count());
        int bytes = 0;
        for (int i = 0; i < formats.count(); i++) {
            if (formats.inUse(i)) {
                bytes += bytes(i).length;
            }
        }
        this.size = bytes;
    }

    About about() {
        return about;
    }

    /** The encoded bytes; the array is shared and must not be changed. */
    byte[] bytes(int format) {
        byte[] bytes = encoded.get(format);
        if (bytes == null) {
            bytes = encode(formats.get(format));
            encoded.set(format, bytes);
        }
        return bytes;
    }

    /** A chunked format wraps the bytes of its content format, which are encoded (and compressed) only once if both are in use. */
    private byte[] encode(WireFormat format) {
        if (!(format instanceof ChunkedFormat chunked)) {
            return encoding.apply(format);
        }
        int content = formats.numberOf(chunked.content());
        return ChunkedFormat.chunk(formats.inUse(content) ? bytes(content) : encoding.apply(chunked.content()));
    }

    /**
     * Adds a reference. The frame's bytes are charged to the budget from the first reference to the last.
     *
     * @return false: the budget refused the charge. {@link #release} must be called in either case
     */
    boolean retain(MemoryBudget budget) {
        return references.getAndIncrement() > 0 || budget.chargeShared(MemoryBudget.Use.OUTBOXES, size);
    }

    void release(MemoryBudget budget) {
        if (references.decrementAndGet() == 0) {
            budget.release(MemoryBudget.NO_ADDRESS, MemoryBudget.Use.OUTBOXES, size);
        }
    }

    /** Bytes in all formats that were in use when the frame was created. */
    int size() {
        return size;
    }
}
