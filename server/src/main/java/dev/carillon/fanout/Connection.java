package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.base.Bytes;
import dev.carillon.base.CloseReason;
import dev.carillon.broker.Interest;
import dev.carillon.format.WireFormat;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One open event stream or WebSocket. It lives on its hub's I/O thread; other threads reach it through {@link FanOut}. {@link
 * ConnectionState} draws its states.
 *
 * <p>Each membership in a scope begins at a position of its own: events up to there are older than the membership, and are not delivered by
 * it. An event that is in several of its scopes is delivered once, by the first membership that does not cover it.
 */
public final class Connection implements PipeListener {
    private static final long NEVER = Long.MAX_VALUE;
    private static final Member[] NONE = {};
    private static final byte[] NO_BYTES = {};
    /** A client that takes nothing of what is replayed for so many seconds is taken for gone. */
    private static final int REPLAY_SECONDS = 30;

    final Hub hub;
    private final Pipe pipe;
    private final int format;
    private final long address;
    private final ConnectionListener listener;

    /** Written on the I/O thread; read by replays on any thread. */
    private volatile Grants grants;

    // Below: on the I/O thread only.
    private long expiresAtMillis;
    private boolean renewed;
    private Member[] members = NONE;
    private ConnectionState state;
    private Position lastOfTenant = Position.NONE;
    private Position lastInSideLog = Position.NONE;
    private long lastOrdinal;
    /** The hub's second in which something was written last. */
    private int lastWrite;

    int index;

    Connection(Hub hub, Pipe pipe, ConnectionOptions options, List<Interest> interests) {
        this.hub = hub;
        this.pipe = pipe;
        this.format = hub.formats().numberOf(options.format());
        this.address = options.address();
        this.listener = options.listener();
        this.grants = options.grants();
        this.expiresAtMillis = expiry(grants);
        this.state = new ConnectionState.Replaying(interests, new PendingFrames(), null);
        this.lastWrite = hub.second();
        pipe.listen(this);
    }

    private static long expiry(Grants of) {
        Instant end = of.expiresAt();
        // An Authorizer of the application may say Instant.MAX.
        return end == null || end.getEpochSecond() >= NEVER / 1_000 ? NEVER : end.toEpochMilli();
    }

    boolean isClosed() {
        return state instanceof ConnectionState.Closed;
    }

    /** Empty: it is open. On its I/O thread. */
    @Nullable
    CloseReason closeReason() {
        return state instanceof ConnectionState.Closed(CloseReason reason) ? reason : null;
    }

    /** Those in whose lists it is, or will be once its replay has ended. On its I/O thread. */
    public List<Interest> interests() {
        if (state instanceof ConnectionState.Replaying replaying) {
            return replaying.interests();
        }
        List<Interest> interests = new ArrayList<>(members.length);
        for (Member member : members) {
            interests.add(member.list.key);
        }
        return interests;
    }

    /** Of the client, to which its memory is charged. */
    public long address() {
        return address;
    }

    /** As they were renewed last. From any thread. */
    public Grants grants() {
        return grants;
    }

    int format() {
        return format;
    }

    WireFormat wireFormat() {
        return hub.formats().get(format);
    }

    Member[] members() {
        return members;
    }

    /** Whether an event of the tenant's log may be for it. */
    boolean concerns(Tenant tenant) {
        if (state instanceof ConnectionState.Replaying replaying) {
            return replaying.interests().stream()
                    .anyMatch(interest -> interest.tenant().equals(tenant));
        }
        for (Member member : members) {
            if (member.list.key.tenant().equals(tenant)) {
                return true;
            }
        }
        return false;
    }

    /** What it has by the memberships that are live. */
    Received received() {
        // What was private then may have been hidden by the grants before these.
        return Received.of(members, renewed ? Grants.ANONYMOUS : grants);
    }

    /** Its next memberships are pending: live events wait from now on. */
    void enlisted(List<Member> more) {
        if (state instanceof ConnectionState.Open open) {
            leaveToItself();
            state = ConnectionState.holding(open);
            int before = members.length;
            members = Arrays.copyOf(members, before + more.size());
            for (int i = 0; i < more.size(); i++) {
                members[before + i] = more.get(i);
            }
        }
    }

    /** Takes it out of these lists, and answers which of them it was in. */
    List<Interest> leave(Set<Interest> interests) {
        catchUp();
        List<Member> kept = new ArrayList<>(members.length);
        List<Interest> left = new ArrayList<>(interests.size());
        for (Member member : members) {
            if (interests.contains(member.list.key)) {
                hub.remove(member);
                left.add(member.list.key);
            } else {
                kept.add(member);
            }
        }
        members = kept.toArray(NONE);
        return left;
    }

    /** Its pending memberships have left: it goes on with what came by the others. */
    void resume() {
        if (state instanceof ConnectionState.Holding holding) {
            PendingFrames pending = holding.pending();
            state = holding.opened();
            pending.certain().forEach(this::sendPending);
            pending.release(hub.budget());
        }
    }

    /** Its token was replaced; the next events are checked against these grants. */
    void renew(Grants later) {
        grants = later;
        renewed = true;
        expiresAtMillis = expiry(later);
    }

    /** Writes a part of what comes before live events; completes with whether the client has taken it, fails when it is gone. */
    void replay(byte[] bytes, CompletableFuture<Boolean> written) {
        write(bytes);
        if (state instanceof ConnectionState.Open open) {
            written.complete(open.outbox() == null);
        } else {
            written.completeExceptionally(new GoneException());
        }
    }

    /** Completes when the client has taken what was replayed, fails when it is gone. */
    void awaitTaken(CompletableFuture<Void> taken) {
        switch (state) {
            case ConnectionState.Closed _ -> taken.completeExceptionally(new GoneException());
            case ConnectionState.Open open -> {
                Outbox box = open.outbox();
                if (box == null) {
                    taken.complete(null);
                } else {
                    box.awaitEmpty(taken);
                }
            }
        }
    }

    /**
     * Takes a batch of one of its lists.
     *
     * @return how many events of it are for this connection, were not delivered yet, and were written or wait
     */
    int deliver(Batch batch, Member by) {
        Frame.About first = batch.first().about();
        if (state == ConnectionState.Live.LIVE
                && batch.isForAll()
                && lastOrdinal != batch.last().about().ordinal()
                && isNewer(first)
                && !by.covers(first)) {
            markDelivered(batch);
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
    int resumePartialWrite(Batch batch, int written) {
        if (isClosed()) {
            return 0;
        }
        markDelivered(batch);
        // Full or broken: a write of its own tells which.
        return written <= 0 ? write(batch) : queue(batch, written);
    }

    /** Has the list write to its socket from now on, if it took the batch as a whole and nothing waits. */
    void leaveSocket(Member member, Batch batch) {
        Position last = batch.isInSideLog() ? lastInSideLog : lastOfTenant;
        // A membership that was given up has no place in the list any more.
        if (state == ConnectionState.Live.LIVE && member.liveFrom != null && last.equals(batch.lastAt())) {
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

    private void markDelivered(Batch batch) {
        lastOrdinal = batch.last().about().ordinal();
        if (batch.isInSideLog()) {
            lastInSideLog = later(lastInSideLog, batch.lastAt());
        } else {
            lastOfTenant = later(lastOfTenant, batch.lastAt());
        }
    }

    private boolean isNewer(Frame.About about) {
        return about.at().isAfter(about.inSideLog() ? lastInSideLog : lastOfTenant);
    }

    /** False: it is not for this connection, or it has it already, or was closed by it. */
    private boolean deliver(Frame frame, Member by) {
        Frame.About about = frame.about();
        if (about.restricted() && !by.list.personal() && !grants.mayReadAnyOf(about.scopes()) || by.covers(about)) {
            return false;
        }
        boolean tentative = by.liveFrom == null && about.kind() != Frame.Kind.NOTICE;
        if (lastOrdinal == about.ordinal()) {
            if (!tentative && state instanceof ConnectionState.Opening opening) {
                opening.pending().confirmLast(frame);
            }
            return false;
        }
        return switch (state) {
            case ConnectionState.Closed _ -> false;
            case ConnectionState.Opening opening -> {
                lastOrdinal = about.ordinal();
                hold(opening, frame, tentative);
                yield !isClosed();
            }
            case ConnectionState.Open _ -> {
                lastOrdinal = about.ordinal();
                yield send(frame);
            }
        };
    }

    /** Something that every connection is told; one that is opening after that, as what it read may be older. */
    void tell(Frame frame) {
        if (lastOrdinal == frame.about().ordinal()) {
            return;
        }
        lastOrdinal = frame.about().ordinal();
        if (state instanceof ConnectionState.Opening opening) {
            hold(opening, frame, false);
        } else {
            boolean _ = send(frame);
        }
    }

    /** @return whether the event went out or waits, and not a notice about it */
    private boolean send(Frame frame) {
        Frame.About about = frame.about();
        if (about.kind().inLog()) {
            Frame instead = about.instead();
            if (instead != null) {
                catchUp();
            }
            if (instead != null && !isNewer(about)) {
                write(instead.bytes(format));
                return false;
            }
            if (about.inSideLog()) {
                lastInSideLog = later(lastInSideLog, about.at());
            } else {
                lastOfTenant = later(lastOfTenant, about.at());
            }
        }
        if (about.kind() == Frame.Kind.NOTICE || about.kind() == Frame.Kind.LATE) {
            write(frame.bytes(format));
        } else {
            write(frame);
        }
        return about.kind() != Frame.Kind.NOTICE && !isClosed();
    }

    private void sendPending(Frame frame) {
        boolean _ = send(frame);
    }

    /**
     * Its pending memberships go live: first these bytes, then what was read for them and the events that waited, in log order, but for those that
     * are older than where the memberships begin.
     *
     * @return false: they are not pending any more, as too much waited
     */
    boolean open(byte[] first, List<ReadEvent> read, LiveFrom from) {
        if (!(state instanceof ConnectionState.Holding holding)) {
            return false;
        }
        state = holding.opened();
        LiveFrom shared = hub.same(from);
        boolean all = true;
        for (Member member : members) {
            if (member.liveFrom == null) {
                member.liveFrom = shared;
            } else {
                all = false;
            }
        }
        if (all) {
            lastOfTenant = shared.tenant();
            lastInSideLog = shared.sideLog();
        }
        write(first);
        PendingFrames pending = holding.pending();
        int next = 0;
        for (Frame frame : pending.newerThan(shared)) {
            while (next < read.size() && isBefore(read.get(next), frame.about())) {
                write(read.get(next++));
            }
            sendPending(frame);
        }
        while (next < read.size()) {
            write(read.get(next++));
        }
        pending.release(hub.budget());
        return true;
    }

    private static boolean isBefore(ReadEvent read, Frame.About about) {
        return !about.kind().inLog()
                || read.inSideLog() != about.inSideLog()
                || !read.at().isAfter(about.at());
    }

    private void write(ReadEvent read) {
        write(read.bytes());
        if (!read.inSideLog()) {
            // A late event before it must not go out any more.
            lastOfTenant = later(lastOfTenant, read.at());
        }
    }

    /** What was replayed up to a position is older than what comes now. */
    void replayedUpTo(Position at) {
        lastOfTenant = later(lastOfTenant, at);
    }

    private void hold(ConnectionState.Opening opening, Frame frame, boolean tentative) {
        if (opening.pending().add(frame, tentative, hub.config(), hub.budget())) {
            return;
        }
        if (opening instanceof ConnectionState.Holding && giveUpPending()) {
            if (!tentative) {
                sendPending(frame);
            }
        } else {
            close(CloseReason.SLOW);
        }
    }

    /** Too much waits for more scopes to open: they are not added. False: it has no other scopes. */
    private boolean giveUpPending() {
        List<Member> live = new ArrayList<>(members.length);
        for (Member member : members) {
            if (member.liveFrom != null) {
                live.add(member);
            }
        }
        if (live.isEmpty()) {
            return false;
        }
        for (Member member : members) {
            if (member.liveFrom == null) {
                hub.remove(member);
            }
        }
        members = live.toArray(NONE);
        resume();
        return true;
    }

    /** Writes something of its own: on its I/O thread, and within the bounds of the outbox. */
    public void write(byte[] bytes) {
        if (bytes.length == 0 || !(state instanceof ConnectionState.Open open)) {
            return;
        }
        int from = 0;
        if (open.outbox() == null) {
            lastWrite = hub.second();
            from = offer(ByteBuffer.wrap(bytes));
        }
        Outbox box = from < bytes.length ? outbox() : null;
        if (box != null) {
            int before = box.bytes();
            boolean added = box.add(bytes, from);
            grown(box, before, added);
        }
    }

    private void write(Frame frame) {
        byte[] bytes = frame.bytes(format);
        if (!(state instanceof ConnectionState.Open open) || bytes.length == 0) {
            return;
        }
        Outbox box = open.outbox();
        if (box == null) {
            write(bytes);
        } else {
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
        if (isClosed()) {
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
        int written = socket;
        Outbox box = outbox();
        if (box == null) {
            return 0;
        }
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
            close(CloseReason.CLIENT_LEFT);
            return 0;
        }
    }

    /** What the socket does not take goes there; null: it is closed. */
    private @Nullable Outbox outbox() {
        if (!(state instanceof ConnectionState.Open open)) {
            return null;
        }
        Outbox box = open.outbox();
        if (box == null) {
            box = new Outbox(hub.config(), hub.metrics(), wireFormat(), hub.budget(), address);
            state = open.withOutbox(box);
            leaveToItself();
            pipe.wantWrites(true);
        }
        return box;
    }

    private void grown(Outbox box, int before, boolean added) {
        hub.metrics().outboxBytes.addAndGet(box.bytes() - before);
        if (!added) {
            close(CloseReason.SLOW);
        }
    }

    @Override
    public void writable() {
        Outbox box = state instanceof ConnectionState.Open open ? open.outbox() : null;
        if (box == null) {
            return;
        }
        int before = box.bytes();
        try {
            boolean empty = box.drain(pipe, hub.scratch());
            hub.metrics().outboxBytes.addAndGet(box.bytes() - before);
            lastWrite = hub.second();
            if (empty && state instanceof ConnectionState.Open open) {
                state = open.withOutbox(null);
                pipe.wantWrites(false);
                box.close();
                box.completeAwaited();
            }
        } catch (IOException e) {
            hub.metrics().outboxBytes.addAndGet(box.bytes() - before);
            close(CloseReason.CLIENT_LEFT);
        }
    }

    @Override
    public void received(ByteBuffer bytes) {
        if (!isClosed()) {
            listener.received(bytes, this);
        }
    }

    @Override
    public void closed() {
        close(CloseReason.CLIENT_LEFT);
    }

    /** Once a second: a heartbeat where it was quiet, and the end where its grants have ended. */
    void tick(long nowMillis) {
        if (isQuiet()) {
            catchUp();
        }
        if (!(state instanceof ConnectionState.Open open)) {
            return;
        }
        Outbox box = open.outbox();
        if (nowMillis >= expiresAtMillis) {
            end(CloseReason.EXPIRED, NO_BYTES);
        } else if (box != null && box.isAwaited() && hub.second() - lastWrite > REPLAY_SECONDS) {
            close(CloseReason.SLOW);
        } else if (open == ConnectionState.Live.LIVE && isQuiet()) {
            write(wireFormat().heartbeat());
        }
    }

    private boolean isQuiet() {
        return hub.second() - lastWrite >= hub.config().heartbeat().toSeconds();
    }

    /** Tells the client the reason, and when to come back, where that is possible at once, and closes. On its I/O thread. */
    void end(CloseReason reason, int retryMillis) {
        end(reason, wireFormat().retry(retryMillis));
    }

    /** As {@link #end(CloseReason, int)}, with bytes before the reason. */
    public void end(CloseReason reason, byte[] before) {
        finish(reason, Bytes.join(before, wireFormat().end(reason)));
    }

    /** As {@link #end(CloseReason, byte[])}, with last bytes that tell the reason themselves. */
    public void endWith(CloseReason reason, byte[] last) {
        finish(reason, last);
    }

    private void finish(CloseReason reason, byte[] last) {
        if (state instanceof ConnectionState.Open open && open.outbox() == null) {
            write(last);
        }
        if (!isClosed()) {
            leaveState(reason);
            pipe.closeAfterFlush();
        }
    }

    /** Closes at once, without a word to the client. On its I/O thread. */
    void close(CloseReason reason) {
        if (!isClosed()) {
            leaveState(reason);
            pipe.close();
        }
    }

    private void leaveState(CloseReason reason) {
        if (!(state instanceof ConnectionState.Open open)) {
            return;
        }
        List<Interest> held = interests();
        state = new ConnectionState.Closed(reason);
        hub.metrics().closed(reason);
        Outbox box = open.outbox();
        if (box != null) {
            hub.metrics().outboxBytes.addAndGet(-box.bytes());
            hub.metrics().abandoned.increment(box.waiting());
            box.close();
        }
        if (open instanceof ConnectionState.Opening opening) {
            hub.metrics().abandoned.increment(opening.pending().events());
            opening.pending().release(hub.budget());
        }
        if (box != null) {
            box.failAwaited();
        }
        hub.remove(this);
        listener.closed(this, reason, held);
    }
}
