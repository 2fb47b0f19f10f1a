package dev.carillon.fanout;

import dev.carillon.base.Bytes;
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
 * <p>It begins <em>opening</em>: live events wait until what comes first (the opening event, retained events) has been written. Events
 * up to the position at which it opened are not for it.
 */
public final class Connection implements PipeListener {
    private static final long NEVER = Long.MAX_VALUE;
    private static final Member[] NONE = {};
    /** Who takes nothing of what is replayed for so long is gone. */
    private static final int REPLAY_SECONDS = 30;

    final Hub hub;
    private final Pipe pipe;
    private final Subscription subscription;
    private final int format;
    private final long expiresAtMillis;
    private Member[] members = NONE;
    /** What came while it was opening; null: it is open. */
    private @Nullable Early early = new Early();

    private @Nullable Outbox outbox;
    private Start start = Start.NONE;
    private Position lastOfTenant = Position.NONE;
    private Position lastInSideLog = Position.NONE;
    private long lastOrdinal;
    /** The hub's second in which something was written last. */
    private int lastWrite;

    private boolean closed;
    /** Who waits until the outbox is empty, to replay the next part. */
    private @Nullable CompletableFuture<Void> drained;

    int index;

    Connection(Hub hub, Pipe pipe, Subscription subscription) {
        this.hub = hub;
        this.pipe = pipe;
        this.subscription = subscription;
        this.format = hub.formats().numberOf(subscription.format());
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

    /** Of the client, to which its memory is charged. */
    public long address() {
        return subscription.address();
    }

    Subscription subscription() {
        return subscription;
    }

    int format() {
        return format;
    }

    Member[] members() {
        return members;
    }

    void enlisted(Member[] of) {
        members = of;
    }

    /** Writes a part of what comes before live events; completes with whether the client has taken it, fails when it is gone. */
    void replay(byte[] bytes, CompletableFuture<Boolean> written) {
        write(bytes);
        if (closed) {
            written.completeExceptionally(new GoneException());
        } else {
            written.complete(outbox == null);
        }
    }

    /** Completes when the client has taken what was replayed, fails when it is gone. */
    void awaitTaken(CompletableFuture<Void> taken) {
        if (closed) {
            taken.completeExceptionally(new GoneException());
        } else if (outbox == null) {
            taken.complete(null);
        } else {
            drained = taken;
        }
    }

    /**
     * Takes a batch of one of its lists.
     *
     * @return how many events of it are for this connection, were not known to it, and were written or wait
     */
    int deliver(Batch batch, Members by) {
        if (lastOrdinal == batch.last().about().ordinal() || closed) {
            return 0;
        }
        if (batch.isForAll() && early == null && outbox == null && isNewer(batch.first())) {
            had(batch);
            return write(batch);
        }
        int delivered = 0;
        for (int i = 0; i < batch.count(); i++) {
            if (deliver(batch.frame(i), by)) {
                delivered++;
            }
        }
        return delivered;
    }

    /**
     * After its socket was written to past it, by a list that keeps it, and did not take all of the batch.
     *
     * @return how many events were written or wait
     */
    int goOn(Batch batch, int written) {
        if (closed) {
            return 0;
        }
        had(batch);
        // Full or broken: a write of its own tells which.
        return written <= 0 ? write(batch) : queue(batch, written);
    }

    /** Has the list write to its socket from now on, if it took the batch as a whole and nothing waits. */
    void leaveSocket(Member member, Batch batch) {
        Position last = batch.isInSideLog() ? lastInSideLog : lastOfTenant;
        if (!closed && early == null && outbox == null && last.equals(batch.lastAt())) {
            KeptSockets sockets = member.list.sockets();
            if (sockets != null) {
                sockets.put(member.slot, KeptSockets.of(pipe.descriptor(), format));
            }
        }
    }

    /** Learns what it had by lists that keep its socket. */
    private void catchUp() {
        for (Member member : members) {
            KeptSockets sockets = member.list.sockets();
            if (sockets != null && sockets.at(member.slot) != 0) {
                lastWrite = Math.max(lastWrite, sockets.lastWrite());
                if (member.list.key.tenant().isSideLog()) {
                    lastInSideLog = later(lastInSideLog, sockets.lastAt());
                } else {
                    lastOfTenant = later(lastOfTenant, sockets.lastAt());
                }
            }
        }
    }

    /** No list writes past it any more. */
    private void leaveToItself() {
        catchUp();
        for (Member member : members) {
            KeptSockets sockets = member.list.sockets();
            if (sockets != null) {
                sockets.put(member.slot, 0);
            }
        }
    }

    private static Position later(Position one, Position other) {
        return other.isAfter(one) ? other : one;
    }

    private void had(Batch batch) {
        lastOrdinal = batch.last().about().ordinal();
        if (batch.isInSideLog()) {
            lastInSideLog = batch.lastAt();
        } else {
            lastOfTenant = batch.lastAt();
        }
    }

    private boolean isNewer(Frame frame) {
        Position last = frame.about().inSideLog() ? lastInSideLog : lastOfTenant;
        return frame.about().at().isAfter(last);
    }

    /** False: it is not for this connection, or it has it already, or was closed by it. */
    private boolean deliver(Frame frame, Members by) {
        Frame.About about = frame.about();
        if (closed
                || lastOrdinal == about.ordinal()
                || (about.restricted()
                        && !by.personal()
                        && !subscription.grants().mayReadAnyOf(about.scopes()))) {
            return false;
        }
        lastOrdinal = about.ordinal();
        if (early != null) {
            hold(early, frame);
            return !closed;
        }
        return send(frame);
    }

    /** Something that every connection is told; one that is opening after that, as what it read may be older. */
    void tell(Frame frame) {
        if (lastOrdinal == frame.about().ordinal()) {
            return;
        }
        lastOrdinal = frame.about().ordinal();
        if (early != null) {
            hold(early, frame);
        } else {
            boolean _ = send(frame);
        }
    }

    /** @return whether the event went out or waits, and not a word about it */
    private boolean send(Frame frame) {
        Frame.About about = frame.about();
        if (about.kind().inLog()) {
            if (start.covers(about)) {
                return false;
            }
            Frame instead = about.instead();
            if (instead != null) {
                catchUp();
            }
            if (instead != null && !isNewer(frame)) {
                write(instead.bytes(format));
                return false;
            }
            if (about.inSideLog()) {
                lastInSideLog = about.at();
            } else {
                lastOfTenant = about.at();
            }
        }
        if (about.kind() == Frame.Kind.NOTICE || about.kind() == Frame.Kind.LATE) {
            write(frame.bytes(format));
        } else {
            write(frame);
        }
        return about.kind() != Frame.Kind.NOTICE && !closed;
    }

    /** Ends the opening: first these bytes, then the events that came meanwhile and are not covered by the start. */
    void open(List<byte[]> first, Start from) {
        Early held = early;
        if (closed || held == null) {
            return;
        }
        early = null;
        start = hub.same(from);
        lastOfTenant = start.tenant();
        lastInSideLog = start.sideLog();
        for (byte[] bytes : first) {
            write(bytes);
        }
        for (Frame frame : held.frames()) {
            boolean _ = send(frame);
        }
        held.release(hub.budget());
    }

    private void hold(Early held, Frame frame) {
        if (!held.add(frame, hub.config(), hub.budget())) {
            closeSlow();
        }
    }

    /** Writes something of its own: on its I/O thread, and within the bounds of the outbox. */
    public void write(byte[] bytes) {
        if (closed || bytes.length == 0) {
            return;
        }
        lastWrite = hub.second();
        int from = outbox == null ? offer(ByteBuffer.wrap(bytes)) : 0;
        if (!closed && from < bytes.length) {
            Outbox box = outbox();
            int before = box.bytes();
            boolean added = box.add(bytes, from);
            grown(box, before, added);
        }
    }

    private void write(Frame frame) {
        byte[] bytes = frame.bytes(format);
        if (outbox == null) {
            write(bytes);
        } else if (!closed && bytes.length > 0) {
            lastWrite = hub.second();
            Outbox box = outbox();
            int before = box.bytes();
            boolean added = box.add(frame, bytes);
            grown(box, before, added);
        }
    }

    /**
     * With an empty outbox: what the socket does not take of the batch is kept, each event for itself.
     *
     * @return how many events were written or wait
     */
    private int write(Batch batch) {
        lastWrite = hub.second();
        ByteBuffer all = batch.bytes(format);
        int written = offer(all);
        if (closed) {
            return 0;
        }
        return all.hasRemaining() ? queue(batch, written) : batch.count();
    }

    /**
     * Has the rest of a batch wait.
     *
     * @param socket how many bytes the socket took
     * @return how many events were written or wait
     */
    private int queue(Batch batch, int socket) {
        lastWrite = hub.second();
        int written = socket;
        Outbox box = outbox();
        boolean added = true;
        int taken = 0;
        int before = box.bytes();
        for (int i = 0; i < batch.count() && added; i++) {
            Frame frame = batch.frame(i);
            byte[] bytes = frame.bytes(format);
            if (written <= 0) {
                added = box.add(frame, bytes);
            } else if (written < bytes.length) {
                added = box.addRest(frame, bytes, written);
            }
            written -= bytes.length;
            taken += added ? 1 : 0;
        }
        grown(box, before, added);
        return taken;
    }

    /** How many bytes the socket took. */
    private int offer(ByteBuffer bytes) {
        try {
            return pipe.write(bytes);
        } catch (IOException e) {
            // The client went away: nothing to tell anybody.
            close();
            return 0;
        }
    }

    private Outbox outbox() {
        Outbox box = outbox;
        if (box == null) {
            box = new Outbox(hub.config(), hub.metrics(), subscription.format(), hub.budget(), subscription.address());
            outbox = box;
            leaveToItself();
            pipe.wantWrites(true);
        }
        return box;
    }

    private void grown(Outbox box, int before, boolean added) {
        hub.metrics().outboxBytes.addAndGet(box.bytes() - before);
        if (!added) {
            closeSlow();
        }
    }

    private void closeSlow() {
        hub.metrics().slowClosed.increment();
        close();
    }

    @Override
    public void writable() {
        Outbox box = outbox;
        if (closed || box == null) {
            return;
        }
        int before = box.bytes();
        try {
            boolean empty = box.drain(pipe, hub.scratch());
            hub.metrics().outboxBytes.addAndGet(box.bytes() - before);
            lastWrite = hub.second();
            if (empty) {
                box.close();
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
    public void received(ByteBuffer bytes) {
        if (!closed) {
            subscription.reader().read(bytes, this);
        }
    }

    @Override
    public void closed() {
        close();
    }

    /** Once a second: a heartbeat where it was quiet, and the end where its grants have ended. */
    void tick(long nowMillis) {
        if (isQuiet()) {
            catchUp();
        }
        int quiet = hub.second() - lastWrite;
        if (nowMillis >= expiresAtMillis) {
            hub.metrics().expired.increment();
            close();
        } else if (drained != null && quiet > REPLAY_SECONDS) {
            closeSlow();
        } else if (outbox == null && early == null && isQuiet()) {
            write(subscription.format().heartbeat());
        }
    }

    private boolean isQuiet() {
        return hub.second() - lastWrite >= hub.config().heartbeat().toSeconds();
    }

    /** Says good-bye where that is possible at once, and closes. On its I/O thread. */
    public void end(byte[] farewell) {
        if (!closed && outbox == null) {
            write(farewell);
        }
        if (!closed) {
            finish();
            pipe.closeAfterFlush();
        }
    }

    void end(int retryMillis) {
        WireFormat of = subscription.format();
        end(Bytes.join(of.retry(retryMillis), of.end()));
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
            hub.metrics().abandoned.increment(box.waiting());
            box.close();
            outbox = null;
        }
        Early held = early;
        if (held != null) {
            hub.metrics().abandoned.increment(held.events());
            held.release(hub.budget());
            early = null;
        }
        CompletableFuture<Void> waiting = drained;
        if (waiting != null) {
            drained = null;
            waiting.completeExceptionally(new GoneException());
        }
        hub.remove(this);
        subscription.onClosed().run();
    }
}
