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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One event, encoded once for each format, on its way through the hubs. Thread-safe. */
final class Frame implements Item {
    enum Kind {
        EVENT,
        /** An event that was found missing; who has a later one must not get it any more. */
        LATE,
        /** An event that no log has. */
        HERE,
        /** Something of the node's own, which is no event of anybody's. */
        NOTICE;

        boolean inLog() {
            return this == EVENT || this == LATE;
        }
    }

    /**
     * What it is about.
     *
     * @param ordinal rises from frame to frame on this node
     * @param inSideLog whether it is of a {@linkplain dev.carillon.scope.Tenant#isSideLog side log}, whose positions compare with no others
     * @param keys the lists whose connections it is for
     * @param restricted whether only those may have it whose grant covers one of the scopes, where they are in by a public one
     * @param slow what becomes of it where a connection lags
     * @param key what a newer one of the same key and scopes replaces, with {@link ScopePolicy.Slow#LATEST}
     * @param instead of a late one: what those get who have a later one already
     */
    record About(
            long ordinal,
            Kind kind,
            Position at,
            boolean inSideLog,
            List<Scope> scopes,
            List<Interest> keys,
            boolean restricted,
            ScopePolicy.Slow slow,
            @Nullable String key,
            @Nullable Frame instead) {
        static About event(
                long ordinal,
                Kind kind,
                Live live,
                List<Interest> keys,
                ScopePolicy.Slow slow,
                @Nullable Frame instead) {
            Event event = live.event();
            return new About(
                    ordinal,
                    kind,
                    live.at(),
                    event.isInSideLog(),
                    event.scopes(),
                    keys,
                    event.isPrivate(),
                    slow,
                    event.key(),
                    instead);
        }

        static About notice(long ordinal, List<Interest> keys) {
            return new About(
                    ordinal,
                    Kind.NOTICE,
                    Position.NONE,
                    false,
                    List.of(),
                    keys,
                    false,
                    ScopePolicy.Slow.DISCONNECT,
                    null,
                    null);
        }
    }

    private final About about;
    private final Formats formats;
    private final Function<WireFormat, byte[]> encoding;
    private final AtomicReferenceArray<byte[]> encoded;
    private final int size;
    /** How many outboxes refer to it. */
    private final AtomicInteger waits = new AtomicInteger();

    /**
     * Encodes it for the formats in use; for one that comes into use meanwhile, when it is asked for.
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

    /** The same array for every connection: nobody may change it. */
    byte[] bytes(int format) {
        byte[] bytes = encoded.get(format);
        if (bytes == null) {
            bytes = encode(formats.get(format));
            encoded.set(format, bytes);
        }
        return bytes;
    }

    /** What both are in use of, a format and its chunks, is encoded and perhaps compressed once; only what is in use is kept. */
    private byte[] encode(WireFormat format) {
        if (!(format instanceof ChunkedFormat chunked)) {
            return encoding.apply(format);
        }
        int content = formats.numberOf(chunked.content());
        return ChunkedFormat.chunk(formats.inUse(content) ? bytes(content) : encoding.apply(chunked.content()));
    }

    /**
     * Has it wait in one outbox more. Its bytes are charged once, however many share them, from the first to the last.
     *
     * @return false: there is no memory for it to wait. It has to be {@linkplain #leave left} in either case
     */
    boolean await(MemoryBudget budget) {
        return waits.getAndIncrement() > 0 || budget.chargeShared(MemoryBudget.Use.OUTBOXES, size);
    }

    void leave(MemoryBudget budget) {
        if (waits.decrementAndGet() == 0) {
            budget.release(MemoryBudget.NO_ADDRESS, MemoryBudget.Use.OUTBOXES, size);
        }
    }

    /** Of all formats that were in use when it was made, in bytes. */
    int size() {
        return size;
    }
}
