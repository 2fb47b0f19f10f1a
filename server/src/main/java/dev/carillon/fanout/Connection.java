package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.base.Bytes;
import dev.carillon.base.CloseReason;
import dev.carillon.broker.Interest;
import dev.carillon.format.WireFormat;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.TagFilter;
import dev.carillon.scope.Tenant;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One open event stream or WebSocket. Confined to its worker's I/O thread; other threads reach it through {@link FanOut}. {@link
 * ConnectionState} draws its states.
 *
 * <p>Each membership in a scope has its own start position and delivers only later events. An event of several scopes is delivered once, by
 * the first membership that started before it.
 */
public final class Connection implements PipeListener {
    private static final long NEVER = Long.MAX_VALUE;
    private static final Membership[] NONE = {};
    private static final byte[] NO_BYTES = {};
    /** A client that reads nothing of a replay for this long is disconnected. */
    private static final int REPLAY_STALL_SECONDS = 30;

    final FanOutWorker worker;
    private final Pipe pipe;
    private final int format;
    private final long address;
    /** Null: it receives all events. Never changes, so that a replay and live events are filtered alike. */
    private final @Nullable TagFilter filter;

    private final ConnectionListener listener;

    /** Written on the I/O thread; read by replays on any thread. */
    private volatile Grants grants;

    // The fields below are confined to the I/O thread.
    private long expiresAtMillis;
    private boolean renewed;
    private Membership[] members = NONE;
    private ConnectionState state;
    private Position lastInLog = Position.NONE;
    private Position lastInSideLog = Position.NONE;
    /** Id of the event at {@link #lastInLog}; null: none, or not known. */
    private @Nullable String lastId;

    private long lastOrdinal;
    /** The worker's second of the last write. */
    private int lastWrite;
    /** The worker's second of its begin. */
    private final int openedAt;
    /** The first bytes if it ends before it opens. Null: the head of the response was written, or is queued. */
    private @Nullable Function<CloseReason, byte[]> refusalHead;

    /** Index in the worker's array of connections. */
    int index;

    /** Names it where exceptions are recorded. */
    private final int number;

    Connection(FanOutWorker worker, Pipe pipe, ConnectionOptions options, List<Interest> interests) {
        this.worker = worker;
        this.pipe = pipe;
        this.format = worker.formats().numberOf(options.format());
        this.address = options.address();
        this.filter = options.filter();
        this.listener = options.listener();
        this.refusalHead = options.refusalHead();
        this.grants = options.grants();
        this.expiresAtMillis = expiry(grants);
        this.state = new ConnectionState.Replaying(interests, new PendingFrames(), null);
        this.lastWrite = worker.second();
        this.openedAt = lastWrite;
        this.number = worker.recording().nextNumber();
        pipe.listen(this);
    }

    private static long expiry(Grants of) {
        Instant end = of.expiresAt();
        // An application's Authorizer may return Instant.MAX.
        return end == null || end.getEpochSecond() >= NEVER / 1_000 ? NEVER : end.toEpochMilli();
    }

    boolean isClosed() {
        return state instanceof ConnectionState.Closed;
    }

    /** Whether it receives events, and every one so far was written to its socket. On its I/O thread. */
    boolean keepsUp() {
        return state == ConnectionState.Live.LIVE && members.length > 0;
    }

    /** Whether it receives events of any scope; a client that is not authenticated yet does not. On its I/O thread. */
    boolean hasInterests() {
        return members.length > 0
                || state instanceof ConnectionState.Replaying replaying
                        && !replaying.interests().isEmpty();
    }

    /** Interests that the connection has joined, or will join when its replay ends. On its I/O thread. */
    public List<Interest> interests() {
        if (state instanceof ConnectionState.Replaying replaying) {
            return replaying.interests();
        }
        List<Interest> interests = new ArrayList<>(members.length);
        for (Membership member : members) {
            interests.add(member.list.key);
        }
        return interests;
    }

    /** The client's address, to which the memory of this connection is charged. */
    public long address() {
        return address;
    }

    /** The current grants. From any thread. */
    public Grants grants() {
        return grants;
    }

    /** How the client is connected, such as {@code events}; empty: not known. On its I/O thread. */
    public String transport() {
        return listener.transport();
    }

    /** Handle of the session; null: none. On its I/O thread. */
    public @Nullable String session() {
        return listener.session();
    }

    /** The label that the client gave its connection; null: none. On its I/O thread. */
    public @Nullable String label() {
        return listener.label();
    }

    /** How long it has been open. On its I/O thread. */
    public int ageSeconds() {
        return worker.second() - openedAt;
    }

    /** Bytes that wait for the client; 0 while it keeps up. On its I/O thread. */
    public int waitingBytes() {
        Outbox box = state instanceof ConnectionState.Open open ? open.outbox() : null;
        return box == null ? 0 : box.bytes();
    }

    int number() {
        return number;
    }

    /** What decides whether an event reached it. On its I/O thread. */
    public ConnectionView view() {
        return view(Integer.MAX_VALUE, interest -> true);
    }

    private ConnectionView view(int max, Predicate<Interest> which) {
        syncFromCaches();
        List<ConnectionView.Held> held = new ArrayList<>();
        int all = 0;
        if (state instanceof ConnectionState.Replaying replaying) {
            for (Interest interest : replaying.interests()) {
                if (which.test(interest) && all++ < max) {
                    held.add(new ConnectionView.Held(interest, null));
                }
            }
        }
        for (Membership member : members) {
            if (which.test(member.list.key) && all++ < max) {
                held.add(new ConnectionView.Held(member.list.key, member.liveFrom));
            }
        }
        return new ConnectionView(
                number,
                context(),
                grants,
                renewed,
                filter,
                held,
                all - held.size(),
                lastInLog,
                queuedFrom(),
                state instanceof ConnectionState.Opening,
                transport(),
                session(),
                label(),
                ageSeconds());
    }

    /** Id of the connection's context: its tab. Null: it has none. On its I/O thread. */
    public @Nullable String context() {
        for (Interest interest : interests()) {
            Scope scope = interest.scope();
            if (scope != null && scope.kind() == Scope.Kind.TAB) {
                return scope.name();
            }
        }
        return null;
    }

    /** Position of the first event that was not written yet; those in the outbox are written before those that are buffered. */
    private @Nullable Position queuedFrom() {
        Outbox box = state instanceof ConnectionState.Open open ? open.outbox() : null;
        Position first = box == null ? null : box.firstInLog();
        return first == null && state instanceof ConnectionState.Opening opening
                ? opening.pending().firstInLog()
                : first;
    }

    private void leftOut(Frame frame, DeliveryLog.Cause cause) {
        if (frame.about().isInTenantLog()) {
            worker.recording().log().leftOut(number, frame.about().at(), cause);
        }
    }

    int format() {
        return format;
    }

    WireFormat wireFormat() {
        return worker.formats().get(format);
    }

    /** A notice of the node in the connection's wire format. */
    public byte[] notice(String type, String data) {
        return wireFormat().notice(type, data);
    }

    Membership[] members() {
        return members;
    }

    /** Whether the connection has an interest of the tenant. */
    boolean hasInterestOf(Tenant tenant) {
        if (state instanceof ConnectionState.Replaying replaying) {
            return replaying.interests().stream()
                    .anyMatch(interest -> interest.tenant().equals(tenant));
        }
        for (Membership member : members) {
            if (member.list.key.tenant().equals(tenant)) {
                return true;
            }
        }
        return false;
    }

    /** The events that its live memberships have delivered or will deliver. */
    Received received() {
        // Earlier grants may have hidden private events that the current ones uncover.
        return Received.of(members, renewed ? Grants.ANONYMOUS : grants);
    }

    /** Adds pending memberships; live events are buffered from now on. */
    void joined(List<Membership> more) {
        if (state instanceof ConnectionState.Open open) {
            uncacheSocket();
            state = ConnectionState.buffering(open);
            int before = members.length;
            members = Arrays.copyOf(members, before + more.size());
            for (int i = 0; i < more.size(); i++) {
                members[before + i] = more.get(i);
            }
        }
    }

    /** Leaves the lists of these interests and returns those that the connection had joined. */
    List<Interest> leave(Set<Interest> interests) {
        syncFromCaches();
        DeliveryLog log = worker.recording().log();
        if (log.isOn() && !isClosed()) {
            log.left(view(ConnectionView.MAX_HELD, interests::contains));
        }
        List<Membership> kept = new ArrayList<>(members.length);
        List<Interest> left = new ArrayList<>(interests.size());
        for (Membership member : members) {
            if (interests.contains(member.list.key)) {
                worker.remove(member);
                left.add(member.list.key);
            } else {
                kept.add(member);
            }
        }
        members = kept.toArray(NONE);
        return left;
    }

    /** Ends buffering after the pending memberships were removed: writes the buffered events of the others. */
    void resume() {
        if (state instanceof ConnectionState.Buffering buffering) {
            PendingFrames pending = buffering.pending();
            state = buffering.opened();
            pending.certain().forEach(this::sendPending);
            pending.release(worker.budget());
        }
    }

    /** Sets the grants of a client that has authenticated itself; it has no interests yet. */
    void authenticate(Grants first) {
        grants = first;
        expiresAtMillis = expiry(first);
    }

    /** Replaces the grants; later events are checked against them. */
    void renew(Grants renewedGrants) {
        grants = renewedGrants;
        renewed = true;
        expiresAtMillis = expiry(renewedGrants);
    }

    /** Writes a part of a replay; completes with whether the socket accepted all of it, fails when the connection is closed. */
    void replay(byte[] bytes, CompletableFuture<Boolean> written) {
        refusalHead = null;
        write(bytes);
        if (state instanceof ConnectionState.Open open) {
            written.complete(open.outbox() == null);
        } else {
            written.completeExceptionally(new ConnectionClosedException());
        }
    }

    /** Completes when the socket has accepted all of the replay, fails when the connection is closed. */
    void awaitReplayWritten(CompletableFuture<Void> written) {
        switch (state) {
            case ConnectionState.Closed _ -> written.completeExceptionally(new ConnectionClosedException());
            case ConnectionState.Open open -> {
                Outbox box = open.outbox();
                if (box == null) {
                    written.complete(null);
                } else {
                    box.awaitEmpty(written);
                }
            }
        }
    }

    /**
     * Delivers a batch of one of the connection's lists.
     *
     * @return number of events that are for this connection, were not delivered before, and were written or queued
     */
    int deliver(Batch batch, Membership by) {
        Frame.About first = batch.first().about();
        if (state == ConnectionState.Live.LIVE
                && filter == null
                && batch.isForAllMembers()
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
     * Continues after a write to the cached socket that did not accept all of the batch.
     *
     * @param written bytes that the socket accepted; 0 or less: none
     * @return number of events that were written or queued
     */
    int resumePartialWrite(Batch batch, int written) {
        if (isClosed()) {
            return 0;
        }
        markDelivered(batch);
        // Full or broken: a write through the pipe tells which.
        return written <= 0 ? write(batch) : queue(batch, written);
    }

    /** Caches the socket in the list if the connection received all of the batch and has no outbox. */
    void cacheSocket(Membership member, Batch batch) {
        Position last = batch.isInSideLog() ? lastInSideLog : lastInLog;
        // A cancelled membership no longer has a slot in the list.
        if (state == ConnectionState.Live.LIVE
                && filter == null
                && member.liveFrom != null
                && last.equals(batch.lastAt())) {
            CachedSockets sockets = member.list.sockets();
            if (sockets != null) {
                sockets.put(member.slot, CachedSockets.pack(pipe.descriptor(), format));
            }
        }
    }

    /** Copies the last positions from the lists that cache its socket. */
    private void syncFromCaches() {
        for (Membership member : members) {
            CachedSockets sockets = member.list.sockets();
            if (sockets != null && sockets.at(member.slot) != 0) {
                lastWrite = Math.max(lastWrite, sockets.lastWrite());
                if (member.list.key.tenant().isSideLog()) {
                    lastInSideLog = later(lastInSideLog, sockets.lastAt());
                } else {
                    delivered(sockets.lastAt(), sockets.lastId());
                }
            }
        }
    }

    /** Removes its socket from all caches, so that every later write passes through the connection. */
    private void uncacheSocket() {
        syncFromCaches();
        for (Membership member : members) {
            CachedSockets sockets = member.list.sockets();
            if (sockets != null) {
                sockets.put(member.slot, 0);
            }
        }
    }

    /** Records an event of the tenant's log, if it is later than the last one. */
    private void delivered(Position at, @Nullable String id) {
        if (at.isAfter(lastInLog)) {
            lastInLog = at;
            lastId = id;
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
            delivered(batch.lastAt(), batch.last().about().id());
        }
    }

    private boolean isNewer(Frame.About about) {
        return about.at().isAfter(about.inSideLog() ? lastInSideLog : lastInLog);
    }

    /** False: the frame is not for this connection, was delivered before, or closed the connection. */
    private boolean deliver(Frame frame, Membership by) {
        Frame.About about = frame.about();
        if (about.restricted() && !grants.mayReadPrivate(about.scopes(), about.readers(), by.list.personal())
                || filter != null && isFilteredOut(filter, about, by)
                || by.covers(about)) {
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
                buffer(opening, frame, tentative);
                yield !isClosed();
            }
            case ConnectionState.Open _ -> {
                lastOrdinal = about.ordinal();
                yield send(frame);
            }
        };
    }

    private static boolean isFilteredOut(TagFilter filter, Frame.About about, Membership by) {
        return about.kind() != Frame.Kind.NOTICE && by.list.filterable() && !filter.matches(about.tags());
    }

    /** Whether the connection may read the event, and its filter admits it. From any thread. */
    boolean wants(Event event, Collection<Interest> interests) {
        return grants.mayRead(event, interests.stream().anyMatch(interest -> isOwn(interest, event)))
                && (filter == null
                        || filter.admits(event, scope -> interests.contains(Interest.in(event.tenant(), scope))));
    }

    private static boolean isOwn(Interest interest, Event event) {
        return interest.scope() != null && interest.scope().kind().personal() && interest.covers(event);
    }

    /** Writes a notice of the node. While the connection is opening it is buffered, as the events read for it may be older. */
    void sendNotice(Frame frame) {
        if (lastOrdinal == frame.about().ordinal()) {
            return;
        }
        lastOrdinal = frame.about().ordinal();
        if (state instanceof ConnectionState.Opening opening) {
            buffer(opening, frame, false);
        } else {
            boolean _ = send(frame);
        }
    }

    /** @return whether the event itself was written or queued, and not a notice in its place */
    private boolean send(Frame frame) {
        Frame.About about = frame.about();
        if (about.kind().inLog()) {
            Frame instead = about.noticeIfTooLate();
            if (instead != null) {
                syncFromCaches();
            }
            if (instead != null && !isNewer(about)) {
                write(instead.bytes(format));
                leftOut(frame, DeliveryLog.Cause.LATE);
                return false;
            }
            if (about.inSideLog()) {
                lastInSideLog = later(lastInSideLog, about.at());
            } else {
                delivered(about.at(), about.id());
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
     * Makes the pending memberships live. Writes {@code first}, then the events that were read for the memberships merged with the buffered ones in
     * log order. Buffered events that are not newer than {@code from} are dropped: they are among those read.
     *
     * @return false: the pending memberships were cancelled, as too many events were buffered
     */
    boolean open(byte[] first, List<ReadEvent> read, LiveFrom from) {
        if (!(state instanceof ConnectionState.Buffering buffering)) {
            return false;
        }
        state = buffering.opened();
        refusalHead = null;
        LiveFrom shared = worker.shared(from);
        boolean all = true;
        for (Membership member : members) {
            if (member.liveFrom == null) {
                member.liveFrom = shared;
            } else {
                all = false;
            }
        }
        if (all) {
            lastInLog = shared.tenant();
            lastId = null;
            lastInSideLog = shared.sideLog();
        }
        write(first);
        PendingFrames pending = buffering.pending();
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
        pending.release(worker.budget());
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
            // From now on an earlier event that arrives late is announced as a gap.
            delivered(read.at(), read.id());
        }
    }

    /** Marks the events up to a position as delivered by a replay. */
    void replayedUpTo(Position at) {
        delivered(at, null);
    }

    /** The position in the tenant's log up to which the connection has received its events. On its I/O thread. */
    public Position position() {
        syncFromCaches();
        return lastInLog;
    }

    /** Id of the event at {@link #position()}; null: none, or not known. On the connection's I/O thread. */
    public @Nullable String lastId() {
        syncFromCaches();
        return lastId;
    }

    private void buffer(ConnectionState.Opening opening, Frame frame, boolean tentative) {
        if (opening.pending().add(frame, tentative, worker.config(), worker.budget())) {
            return;
        }
        if (opening instanceof ConnectionState.Buffering && cancelPending()) {
            if (!tentative) {
                sendPending(frame);
            }
        } else {
            close(CloseReason.SLOW);
        }
    }

    /** Cancels the pending memberships, as too many events were buffered; false: the connection has no others. */
    private boolean cancelPending() {
        List<Membership> live = new ArrayList<>(members.length);
        for (Membership member : members) {
            if (member.liveFrom != null) {
                live.add(member);
            }
        }
        if (live.isEmpty()) {
            return false;
        }
        for (Membership member : members) {
            if (member.liveFrom == null) {
                worker.remove(member);
            }
        }
        members = live.toArray(NONE);
        resume();
        return true;
    }

    /** Writes bytes for this connection alone, within the bounds of the outbox. On its I/O thread. */
    public void write(byte[] bytes) {
        if (bytes.length == 0 || !(state instanceof ConnectionState.Open open)) {
            return;
        }
        int from = 0;
        if (open.outbox() == null) {
            lastWrite = worker.second();
            from = offer(ByteBuffer.wrap(bytes));
        }
        Outbox box = from < bytes.length ? outbox() : null;
        if (box != null) {
            int before = box.bytes();
            boolean added = box.add(bytes, from);
            resized(box, before, added);
        }
    }

    private void write(Frame frame) {
        byte[] bytes = frame.bytes(format);
        if (!(state instanceof ConnectionState.Open open) || bytes.length == 0) {
            return;
        }
        Outbox box = open.outbox();
        if (box == null) {
            lastWrite = worker.second();
            int from = offer(ByteBuffer.wrap(bytes));
            Outbox rest = from < bytes.length ? outbox() : null;
            if (rest != null) {
                int before = rest.bytes();
                boolean added = rest.addRest(frame, bytes, from);
                resized(rest, before, added);
            }
        } else {
            int before = box.bytes();
            boolean added = box.add(frame, bytes);
            resized(box, before, added);
        }
    }

    /**
     * Writes a batch while there is no outbox; what the socket does not accept is queued event by event.
     *
     * @return number of events that were written or queued
     */
    private int write(Batch batch) {
        lastWrite = worker.second();
        ByteBuffer all = batch.bytes(format);
        int written = offer(all);
        if (isClosed()) {
            return 0;
        }
        return all.hasRemaining() ? queue(batch, written) : batch.count();
    }

    /**
     * Queues the rest of a batch.
     *
     * @param accepted bytes of the batch that the socket accepted
     * @return number of events that were written or queued
     */
    private int queue(Batch batch, int accepted) {
        int written = accepted;
        Outbox box = outbox();
        if (box == null) {
            return 0;
        }
        boolean added = true;
        int handled = 0;
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
            handled += added ? 1 : 0;
        }
        resized(box, before, added);
        return handled;
    }

    /** Returns the number of bytes that the socket accepted. */
    private int offer(ByteBuffer bytes) {
        try {
            return pipe.write(bytes);
        } catch (IOException e) {
            close(CloseReason.CLIENT_LEFT);
            return 0;
        }
    }

    /** The outbox, created if there is none; null: the connection is closed. */
    private @Nullable Outbox outbox() {
        if (!(state instanceof ConnectionState.Open open)) {
            return null;
        }
        Outbox box = open.outbox();
        if (box == null) {
            box = new Outbox(worker.config(), worker.metrics(), wireFormat(), worker.budget(), address, this::leftOut);
            state = open.withOutbox(box);
            uncacheSocket();
            pipe.wantWrites(true);
        }
        return box;
    }

    private void resized(Outbox box, int before, boolean added) {
        worker.metrics().outboxBytes.addAndGet(box.bytes() - before);
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
            boolean empty = box.drain(pipe, worker.scratch());
            worker.metrics().outboxBytes.addAndGet(box.bytes() - before);
            lastWrite = worker.second();
            if (empty && state instanceof ConnectionState.Open open) {
                state = open.withOutbox(null);
                pipe.wantWrites(false);
                box.close();
                box.completeAwaited();
            }
        } catch (IOException e) {
            worker.metrics().outboxBytes.addAndGet(box.bytes() - before);
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

    /** Once a second: writes a heartbeat if the connection was quiet, closes it if its grants have expired. */
    void tick(long nowMillis, RevocationCheck revocations) {
        if (isQuiet()) {
            syncFromCaches();
        }
        if (!(state instanceof ConnectionState.Open open)) {
            return;
        }
        if (refusalHead != null) {
            if (nowMillis >= expiresAtMillis || revocations.isRevoked(grants, listener::session)) {
                // The client connects again, and that request is answered with the reason.
                end(CloseReason.UNAVAILABLE, NO_BYTES);
            }
            return;
        }
        listener.tick(this);
        Outbox box = open.outbox();
        if (nowMillis >= expiresAtMillis) {
            end(CloseReason.EXPIRED, NO_BYTES);
        } else if (closeIfRevoked(revocations)) {
            // Closed.
        } else if (box != null && box.isAwaited() && worker.second() - lastWrite > REPLAY_STALL_SECONDS) {
            close(CloseReason.SLOW);
        } else if (open == ConnectionState.Live.LIVE && isQuiet()) {
            write(wireFormat().heartbeat());
        }
    }

    /** Returns whether it was closed. */
    boolean closeIfRevoked(RevocationCheck revocations) {
        boolean revoked = !isClosed() && revocations.isRevoked(grants, listener::session);
        if (revoked) {
            end(refusalHead == null ? CloseReason.REVOKED : CloseReason.UNAVAILABLE, NO_BYTES);
        }
        return revoked;
    }

    private boolean isQuiet() {
        return worker.second() - lastWrite >= worker.config().heartbeat().toSeconds();
    }

    /** Closes after a notice of the reason and a reconnect delay, if the socket accepts them at once. On its I/O thread. */
    void end(CloseReason reason, int retryMillis) {
        end(reason, wireFormat().retry(retryMillis));
    }

    /** Closes after these bytes and a notice of the reason, if the socket accepts them at once. On its I/O thread. */
    public void end(CloseReason reason, byte[] before) {
        finish(reason, Bytes.join(before, wireFormat().end(reason)));
    }

    /** Closes after these bytes, which include the reason, if the socket accepts them at once. On its I/O thread. */
    public void endWith(CloseReason reason, byte[] last) {
        finish(reason, last);
    }

    private void finish(CloseReason reason, byte[] last) {
        if (state instanceof ConnectionState.Open open && open.outbox() == null) {
            // Without a head a proxy would take the notice for a malformed response.
            Function<CloseReason, byte[]> head = refusalHead;
            refusalHead = null;
            write(head == null ? last : Bytes.join(head.apply(reason), last));
        }
        if (!isClosed()) {
            becomeClosed(reason);
            pipe.closeAfterFlush();
        }
    }

    /** Closes at once, without a notice to the client. On its I/O thread. */
    void close(CloseReason reason) {
        if (!isClosed()) {
            becomeClosed(reason);
            pipe.close();
        }
    }

    private void becomeClosed(CloseReason reason) {
        if (!(state instanceof ConnectionState.Open open)) {
            return;
        }
        List<Interest> held = interests();
        DeliveryLog log = worker.recording().log();
        if (log.isOn() && !held.isEmpty()) {
            log.closed(view(ConnectionView.MAX_HELD, interest -> true), reason);
        }
        state = new ConnectionState.Closed(reason);
        worker.metrics().closed(reason);
        Outbox box = open.outbox();
        if (box != null) {
            worker.metrics().outboxBytes.addAndGet(-box.bytes());
            worker.metrics().abandoned.increment(box.events());
            box.close();
        }
        if (open instanceof ConnectionState.Opening opening) {
            worker.metrics().abandoned.increment(opening.pending().events());
            opening.pending().release(worker.budget());
        }
        if (box != null) {
            box.failAwaited();
        }
        worker.remove(this);
        listener.closed(this, reason, held);
    }
}
