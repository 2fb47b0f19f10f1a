package dev.carillon.fanout;

import dev.carillon.broker.Interest;
import dev.carillon.scope.Position;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One open stream. Lives on its hub's I/O thread; other threads reach it through {@link FanOut}.
 *
 * <p>It begins <em>opening</em>: live events wait in its outbox until what comes first (the opening event, retained events) has
 * been written. Events up to the position at which it opened are not for it.
 */
public final class Connection implements PipeListener {
    private static final long NEVER = Long.MAX_VALUE;
    private static final Member[] NONE = {};
    /** Who takes nothing of what is replayed for so long is gone. */
    private static final int REPLAY_SECONDS = 30;

    /** What came while the connection was opening. */
    private record Early(Frame frame, @Nullable Early before) {}

    final Hub hub;
    private final Pipe pipe;
    private final Subscription subscription;
    private Member[] members = NONE;
    private final long expiresAtMillis;
    private @Nullable Outbox outbox;
    private @Nullable Early early;
    private int earlyBytes;
    private int earlyCount;
    private boolean opening = true;
    private boolean closed;
    private Start start = Start.NONE;
    private long lastOrdinal;
    private Position lastOfTenant = Position.NONE;
    private Position lastSystem = Position.NONE;
    /** The hub's second in which something was written last. */
    private int lastWrite;
    /** Who waits until the outbox is empty, to replay the next part. */
    private @Nullable CompletableFuture<Void> drained;

    int index;

    Connection(Hub hub, Pipe pipe, Subscription subscription) {
        this.hub = hub;
        this.pipe = pipe;
        this.subscription = subscription;
        Instant end = subscription.grants().expiresAt();
        this.expiresAtMillis = end == null ? NEVER : end.toEpochMilli();
        this.lastWrite = hub.second();
        pipe.listen(this);
    }

    boolean isClosed() {
        return closed;
    }

    public List<Interest> interests() {
        return subscription.interests();
    }

    Subscription subscription() {
        return subscription;
    }

    Member[] members() {
        return members;
    }

    void enlisted(Member[] of) {
        members = of;
    }

    /** Writes a part of what comes before live events; completes when the client has taken it, fails when it is gone. */
    void replay(ByteBuffer bytes, CompletableFuture<Void> taken) {
        write(bytes.duplicate(), bytes);
        if (closed) {
            taken.completeExceptionally(new GoneException());
        } else if (outbox == null) {
            taken.complete(null);
        } else {
            drained = taken;
        }
    }

    /** Takes a frame of one of its lists; false: it is not for this connection, or it has it already. */
    boolean deliver(Frame frame, ByteBuffer view, Members by) {
        if (lastOrdinal == frame.ordinal()) {
            return false;
        }
        if (frame.restricted() && !by.personal() && !subscription.grants().mayReadAnyOf(frame.scopes())) {
            return false;
        }
        lastOrdinal = frame.ordinal();
        if (opening) {
            wait(frame);
            return !closed;
        }
        view.rewind();
        return send(frame, view);
    }

    /** Something that every connection is told; one that is opening after that, as what it read may be older. */
    void tell(Frame frame) {
        if (opening) {
            wait(frame);
        } else {
            boolean _ = send(frame, frame.bytes().duplicate());
        }
    }

    /** @return whether the event went out, and not a word about it */
    private boolean send(Frame frame, ByteBuffer view) {
        if (frame.kind().inLog()) {
            if (start.covers(frame)) {
                return false;
            }
            Position last = frame.system() ? lastSystem : lastOfTenant;
            if (frame.kind() == Frame.Kind.LATE && !frame.at().isAfter(last)) {
                write(frame.instead().duplicate(), frame.instead());
                return false;
            }
            if (frame.system()) {
                lastSystem = frame.at();
            } else {
                lastOfTenant = frame.at();
            }
        }
        write(view, frame.bytes());
        return frame.kind() != Frame.Kind.NOTICE;
    }

    /** Ends the opening: first these bytes, then the events that came meanwhile and are not covered by the start. */
    void open(List<ByteBuffer> first, Start from) {
        if (closed || !opening) {
            return;
        }
        opening = false;
        start = from;
        for (ByteBuffer bytes : first) {
            write(bytes, bytes.duplicate());
        }
        Early[] waiting = new Early[earlyCount];
        for (Early e = early; e != null; e = e.before()) {
            waiting[--earlyCount] = e;
        }
        early = null;
        for (Early e : waiting) {
            boolean _ = send(e.frame(), e.frame().bytes().duplicate());
        }
    }

    private void wait(Frame frame) {
        FanOutConfig bounds = hub.config();
        if (earlyCount > 0
                && (earlyBytes + frame.size() > bounds.outboxMaxBytes() || earlyCount >= bounds.outboxMaxEvents())) {
            hub.metrics().slowClosed.increment();
            close();
            return;
        }
        early = new Early(frame, early);
        earlyBytes += frame.size();
        earlyCount++;
    }

    /**
     * Writes now what the socket takes, and keeps the rest.
     *
     * @param now read from its position on; it may be shared with others and is used up
     * @param lasting the same bytes, which stay as they are
     */
    private void write(ByteBuffer now, ByteBuffer lasting) {
        if (closed) {
            return;
        }
        lastWrite = hub.second();
        Outbox box = outbox;
        try {
            if (box == null) {
                pipe.write(now);
                if (!now.hasRemaining()) {
                    return;
                }
                box = new Outbox();
                outbox = box;
                pipe.wantWrites(true);
            }
            int before = box.bytes();
            if (!box.add(lasting.duplicate().position(now.position()), hub.config())) {
                hub.metrics().slowClosed.increment();
                close();
                return;
            }
            hub.metrics().outboxBytes.addAndGet(box.bytes() - before);
        } catch (IOException e) {
            // The client went away: nothing to tell anybody.
            close();
        }
    }

    @Override
    public void writable() {
        Outbox box = outbox;
        if (closed || box == null) {
            return;
        }
        int before = box.bytes();
        try {
            boolean empty = box.drain(pipe);
            hub.metrics().outboxBytes.addAndGet(box.bytes() - before);
            lastWrite = hub.second();
            if (empty) {
                outbox = null;
                pipe.wantWrites(false);
                CompletableFuture<Void> waiting = drained;
                if (waiting != null) {
                    drained = null;
                    waiting.complete(null);
                }
            }
        } catch (IOException e) {
            hub.metrics().outboxBytes.addAndGet(box.bytes() - before);
            close();
        }
    }

    @Override
    public void closed() {
        close();
    }

    /** Once a second: a heartbeat where it was quiet, and the end where its grants have ended. */
    void tick(int second, long nowMillis, ByteBuffer heartbeat) {
        if (nowMillis >= expiresAtMillis) {
            hub.metrics().expired.increment();
            close();
        } else if (drained != null && second - lastWrite > REPLAY_SECONDS) {
            hub.metrics().slowClosed.increment();
            close();
        } else if (outbox == null
                && !opening
                && second - lastWrite >= hub.config().heartbeat().toSeconds()) {
            write(heartbeat.duplicate(), heartbeat);
        }
    }

    /** Says good-bye where that is possible at once, and closes. */
    void end(ByteBuffer farewell) {
        if (!closed && outbox == null) {
            write(farewell.duplicate(), farewell);
        }
        if (!closed) {
            finish();
            pipe.closeAfterFlush();
        }
    }

    void close() {
        if (!closed) {
            finish();
            pipe.close();
        }
    }

    private void finish() {
        closed = true;
        Outbox box = outbox;
        if (box != null) {
            hub.metrics().outboxBytes.addAndGet(-box.bytes());
            outbox = null;
        }
        early = null;
        CompletableFuture<Void> waiting = drained;
        if (waiting != null) {
            drained = null;
            waiting.completeExceptionally(new GoneException());
        }
        hub.remove(this);
        subscription.onClosed().run();
    }
}
