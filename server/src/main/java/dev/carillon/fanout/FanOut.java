package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.feed.FeedListener;
import dev.carillon.format.Gap;
import dev.carillon.format.WireFormat;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.ScopePolicy;
import dev.carillon.scope.Tenant;
import dev.carillon.socket.BulkSender;
import dev.carillon.template.TemplateIndex;
import dev.carillon.template.TopicTemplate;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers each event of the feed to the connections of this node. Thread-safe.
 *
 * <h2>One event</h2>
 *
 * <p>The feed calls {@link #deliver(Live)} in log order. The event is encoded once per wire format in use and becomes a {@link Frame}; the frame is
 * queued for the {@link FanOutWorker} of every I/O thread. A worker walks the {@link MembershipList} of each scope of the event and writes the same
 * bytes to each member. No lock, allocation or hand-over happens per connection.
 *
 * <pre>
 *  feed ──▶ FanOut ──Frame──▶ queue of each worker ──▶ BatchDelivery ──┬─ socket cached ─▶ BulkSend ──▶ send(2)
 *                                                                      └─ otherwise ─────▶ Connection ─▶ Pipe; Outbox while the socket is full
 * </pre>
 *
 * <h2>Cached sockets</h2>
 *
 * <p>Reading a connection's fields costs more than sending: each is a cache miss. Therefore a list of {@value MembershipList#MIN_SLOTS_TO_CACHE} or more slots
 * caches the socket descriptor and format of its members in one array ({@link CachedSockets}). A slot is filled only while the connection is live, has no outbox and
 * received the list's last event completely; then writing to the descriptor is all there is to do. The position and time of the last write are equal for all
 * cached members and are stored once per list.
 *
 * <p>A connection's own last position may therefore be older than what it received. Where a decision needs the exact values (a join or
 * leave, a late event, a heartbeat that seems due, a new outbox) it copies them from its lists first. Other events are newer than both values, as they
 * arrive in log order.
 *
 * <h2>Why it is correct</h2>
 *
 * <ul>
 *   <li><em>Threads.</em> Lists, caches and connections are confined to one I/O thread. Other threads only add to the worker's queue.
 *   <li><em>Order.</em> The queue is one FIFO for frames, notices and actions, and a task that needs several time slices is finished before the next
 *       starts. A connection sees events in the order in which the feed delivered them, across scopes.
 *   <li><em>Once.</em> An event of several scopes reaches a connection by several lists. The frame's ordinal, which rises with every frame, is
 *       recorded at the first delivery. Cached sockets skip that check; so they are used only where just one list of the worker concerns the event, and
 *       only if every member may read it.
 *   <li><em>Descriptors.</em> A descriptor number can be reused for another client after its socket is closed. Each way to close a connection removes it from its
 *       lists on the I/O thread, in the same callback that closes the socket or learns of its close; so before that thread sends again.
 *   <li><em>Partial writes.</em> When a cached socket accepts fewer bytes than the batch has, the connection takes over: it creates its outbox with the rest and removes
 *       itself from all caches, so that later events are queued behind the rest.
 *   <li><em>Start.</em> A connection that joins a list is {@linkplain ConnectionState.Buffering buffering}. No socket is cached until it is live.
 * </ul>
 */
public final class FanOut implements FeedListener, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(FanOut.class);

    private final FanOutConfig config;
    private final MemoryBudget budget;
    private final FanOutMetrics metrics;
    private final Formats formats;
    private final ScopePolicies policies;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Supplier<Optional<BulkSender>> sends;
    private final TemplateIndex templates = new TemplateIndex();
    /** One worker per I/O thread of the server. */
    private final Map<IoThread, FanOutWorker> workers = new ConcurrentHashMap<>();

    private final AtomicLong ordinals = new AtomicLong();
    private final Recording recording = new Recording();
    private volatile RevocationCheck revocations = (grants, interests) -> false;

    /**
     * @param formats wire formats that connections may use
     * @param budget charged for events that are queued for slow clients
     */
    public FanOut(
            FanOutConfig config,
            List<WireFormat> formats,
            ScopePolicies policies,
            MeterRegistry registry,
            Platform platform,
            MemoryBudget budget) {
        this(config, formats, policies, registry, platform, budget, config.sends()::open);
        config.sends().prepare();
    }

    FanOut(
            FanOutConfig config,
            List<WireFormat> formats,
            ScopePolicies policies,
            MeterRegistry registry,
            Platform platform,
            MemoryBudget budget,
            Supplier<Optional<BulkSender>> sends) {
        this.config = config;
        this.budget = budget;
        this.metrics = new FanOutMetrics(registry);
        this.formats = new Formats(formats);
        this.policies = policies;
        this.clock = platform.clock();
        this.nanoTime = platform.nanoTime();
        this.sends = sends;
    }

    @Override
    public void deliver(Live live) {
        deliver(live, Frame.Kind.EVENT, null);
    }

    @Override
    public CompletionStage<Void> settled() {
        return CompletableFuture.allOf(workers.values().stream()
                .map(worker -> {
                    CompletableFuture<Void> reached = new CompletableFuture<>();
                    worker.execute(() -> reached.complete(null));
                    return reached;
                })
                .toArray(CompletableFuture[]::new));
    }

    @Override
    public void late(Live live) {
        deliver(live, Frame.Kind.LATE, notice(List.of(), Gap.TYPE, Gap.late(live)));
    }

    @Override
    public void lost(Collection<Interest> interests, Position after) {
        // Events of side logs have no ids, so there is no cursor to read from.
        boolean ofSideLogs =
                interests.stream().allMatch(interest -> interest.tenant().isSideLog());
        List<Interest> lists = interests.stream().flatMap(this::lists).toList();
        enqueue(notice(lists, Gap.TYPE, Gap.of("lost", ofSideLogs ? null : after)));
    }

    /** The membership lists that an interest of the node may concern. */
    private Stream<Interest> lists(Interest joined) {
        return joined instanceof Interest.All(Tenant tenant)
                ? Stream.concat(
                        Stream.of(joined),
                        templates.held(tenant).stream().map(template -> Interest.matching(tenant, template)))
                : Stream.of(joined);
    }

    /** Delivers an event that is in no log to the connections of this node. Its order relative to other events is undefined. From any thread. */
    public void deliverLocally(Event event) {
        deliver(new Live(event, Position.NONE, List.of()), Frame.Kind.LOCAL, null);
    }

    /**
     * As {@link #deliverLocally}, but to the lists of the event's scopes alone: subscribers of a matching template do not receive it. Connections that
     * lag are disconnected, whatever the policies say, so that no event is left out. From any thread.
     */
    public void deliverToScopes(Event event) {
        Live live = new Live(event, Position.NONE, List.of());
        deliver(live, Frame.Kind.LOCAL, null, keys(event, List.of()), ScopePolicy.Slow.DISCONNECT);
    }

    @Override
    public void mayHaveLost(Tenant tenant, Position after) {
        Frame frame = notice(List.of(), Gap.TYPE, Gap.of("epoch", tenant.isSideLog() ? null : after));
        // In the same queue as events, so that it comes between the events of the two epochs.
        workers.values().forEach(worker -> worker.sendNotice(frame, connection -> connection.hasInterestOf(tenant)));
    }

    /** Sends a notice of the node to every connection whose grants are of one of these tenants. From any thread. */
    public void sendTo(Predicate<Tenant> tenants, String type, String data) {
        Frame frame = notice(List.of(), type, data);
        Predicate<Connection> receives = connection ->
                connection.hasInterests() && tenants.test(connection.grants().tenant());
        workers.values().forEach(worker -> worker.sendNotice(frame, receives));
    }

    private Frame notice(List<Interest> keys, String type, String data) {
        return new Frame(
                Frame.About.notice(ordinals.incrementAndGet(), keys), formats, format -> format.notice(type, data));
    }

    private void deliver(Live live, Frame.Kind kind, @Nullable Frame noticeIfTooLate) {
        Event event = live.event();
        List<Interest> keys = keys(event, templates.matching(event.tenant(), event.scopes()));
        deliver(live, kind, noticeIfTooLate, keys, policies.slow(event));
    }

    private void deliver(
            Live live, Frame.Kind kind, @Nullable Frame noticeIfTooLate, List<Interest> keys, ScopePolicy.Slow slow) {
        long arrivedNanos = nanoTime.getAsLong();
        Event event = live.event();
        boolean withId = kind != Frame.Kind.LOCAL && policies.keepHistory(event);
        Frame frame;
        try {
            frame = new Frame(
                    Frame.About.event(
                            ordinals.incrementAndGet(), kind, live, withId, keys, slow, noticeIfTooLate, arrivedNanos),
                    formats,
                    format -> format.encode(live, withId));
        } catch (RuntimeException e) {
            metrics.unencodable.increment();
            LOGGER.atError().addKeyValue("position", live.at()).setCause(e).log("an event could not be encoded");
            return;
        }
        enqueue(frame);
    }

    private static List<Interest> keys(Event event, List<TopicTemplate> matching) {
        List<Interest> keys = new ArrayList<>(event.scopes().size() + matching.size());
        event.scopes().forEach(scope -> keys.add(Interest.in(event.tenant(), scope)));
        matching.forEach(template -> keys.add(Interest.matching(event.tenant(), template)));
        return keys;
    }

    private void enqueue(Frame frame) {
        for (FanOutWorker worker : workers.values()) {
            worker.deliver(frame);
        }
    }

    /**
     * Registers a connection, which is in no list yet. Must be called on the pipe's I/O thread, after the feed has joined the interests.
     *
     * @param ioThread the executor that is this I/O thread
     */
    public Connection register(IoThread ioThread, Pipe pipe, ConnectionOptions options, List<Interest> interests) {
        return worker(ioThread).add(pipe, options, List.copyOf(interests));
    }

    /** As {@link #joinAsync}, before it returns. On the connection's I/O thread. */
    public void join(Connection connection, List<Interest> interests) {
        connection.worker.join(connection, interests);
    }

    /**
     * Adds a connection to the lists of interests and buffers its live events until {@link #open}. From any thread.
     *
     * @param interests all those that it was registered with; for an open connection, some that it does not have
     * @return fails with {@link ConnectionClosedException}, or with {@code overloaded} if the node cannot hold one of the interests; then the connection
     *     joined none of them
     */
    public CompletionStage<Void> joinAsync(Connection connection, List<Interest> interests) {
        return onThreadOf(connection, () -> {
            connection.worker.join(connection, interests);
            return null;
        });
    }

    /**
     * Removes a connection from the lists of interests. From any thread.
     *
     * @return the interests that it had joined
     */
    public CompletionStage<List<Interest>> leave(Connection connection, Collection<Interest> interests) {
        Set<Interest> leaving = Set.copyOf(interests);
        return onThreadOf(connection, () -> connection.leave(leaving));
    }

    /** Cancels a {@link #joinAsync} of an open connection instead of {@link #open}; events are no longer buffered. From any thread. */
    public CompletionStage<List<Interest>> cancelJoin(Connection connection, Collection<Interest> interests) {
        Set<Interest> leaving = Set.copyOf(interests);
        return onThreadOf(connection, () -> {
            List<Interest> left = connection.leave(leaving);
            connection.resume();
            return left;
        });
    }

    /** The interests of the connection. From any thread; fails with {@link ConnectionClosedException}. */
    public CompletionStage<List<Interest>> interests(Connection connection) {
        return onThreadOf(connection, connection::interests);
    }

    /** The position in the tenant's log up to which the connection has received its events. From any thread; fails with {@link ConnectionClosedException}. */
    public CompletionStage<Position> position(Connection connection) {
        return onThreadOf(connection, connection::position);
    }

    /** The events that the connection receives by its current memberships. From any thread; fails with {@link ConnectionClosedException}. */
    public CompletionStage<Received> received(Connection connection) {
        return onThreadOf(connection, connection::received);
    }

    /**
     * Replaces the grants and the expiry of an open connection by what the function makes of the current ones; if they are equal, nothing changes. From any
     * thread; fails with {@link ConnectionClosedException}.
     */
    public CompletionStage<Void> renew(Connection connection, UnaryOperator<Grants> change) {
        return onThreadOf(connection, () -> {
            Grants before = connection.grants();
            Grants after = change.apply(before);
            if (!after.equals(before)) {
                connection.renew(after);
            }
            return null;
        });
    }

    /** Sets the grants of an open connection without interests. From any thread; fails with {@link ConnectionClosedException}. */
    public CompletionStage<Void> authenticate(Connection connection, Grants grants) {
        return onThreadOf(connection, () -> {
            connection.authenticate(grants);
            return null;
        });
    }

    /** Sets what records exceptions; before it is set, nothing does. */
    public void record(DeliveryLog log) {
        recording.log(log);
    }

    /** Sets the check that closes connections; before it is set, none is closed. */
    public void closeIf(RevocationCheck check) {
        revocations = check;
    }

    /** Closes the connections that are revoked now, without waiting for their next check. From any thread. */
    public void closeRevoked() {
        RevocationCheck check = revocations;
        workers.values().forEach(worker -> worker.closeRevoked(check));
    }

    /** Runs a short action on the connection's I/O thread, unless it is closed by then. From any thread. */
    public void execute(Connection connection, Runnable action) {
        connection.worker.execute(() -> {
            if (!connection.isClosed()) {
                action.run();
            }
        });
    }

    private static <T extends @Nullable Object> CompletionStage<T> onThreadOf(
            Connection connection, Supplier<T> action) {
        CompletableFuture<T> done = new CompletableFuture<>();
        connection.worker.execute(() -> {
            if (connection.isClosed()) {
                done.completeExceptionally(new ConnectionClosedException());
                return;
            }
            T result;
            try {
                result = action.get();
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
                return;
            }
            done.complete(result);
        });
        return done;
    }

    /**
     * Writes a part of the events that precede live ones. From any thread, after the part before was written to the socket.
     *
     * @param part at most about the size of the outbox
     * @return completes with whether the socket accepted all of it; if not, wait for {@link #awaitReplayWritten}. Fails with {@link
     *     ConnectionClosedException}
     */
    public CompletionStage<Boolean> replay(Connection connection, byte[] part) {
        CompletableFuture<Boolean> written = new CompletableFuture<>();
        connection.worker.execute(() -> connection.replay(part, written));
        return written;
    }

    /** Completes when the socket has accepted all of the replay; fails with {@link ConnectionClosedException}. From any thread. */
    public CompletionStage<Void> awaitReplayWritten(Connection connection) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        connection.worker.execute(() -> connection.awaitReplayWritten(written));
        return written;
    }

    /**
     * Encodes an event for a connection; empty if it may not read the event, or its filter does not admit it.
     *
     * @param interests by which it would receive the event
     */
    public Optional<ReadEvent> read(Connection connection, Live live, Collection<Interest> interests) {
        return encodeFor(connection, live, interests)
                .map(bytes -> new ReadEvent(
                        live.at(),
                        live.event().isInSideLog(),
                        policies.keepHistory(live.event()) ? live.id() : null,
                        bytes));
    }

    /** As {@link #read}, without the position. */
    public Optional<byte[]> encodeFor(Connection connection, Live live, Collection<Interest> interests) {
        Event event = live.event();
        return connection.wants(event, interests)
                ? Optional.of(connection.wireFormat().encode(live, policies.keepHistory(event)))
                : Optional.empty();
    }

    /** Encodes a notice of missing events. */
    public byte[] gap(Connection connection, String reason, @Nullable Position after) {
        recording.log().gap(connection.number(), reason, after);
        return connection.wireFormat().notice(Gap.TYPE, Gap.of(reason, after));
    }

    /** Encodes a reconnect delay. */
    public byte[] retry(Connection connection, int millis) {
        return connection.wireFormat().retry(millis);
    }

    /** Encodes a notice that events between a position and the event of the given id may be missing. */
    public byte[] repeated(Connection connection, String lastEventId, Position after) {
        recording.log().gap(connection.number(), "repeated", after);
        return connection.wireFormat().notice(Gap.TYPE, Gap.repeated(lastEventId, after));
    }

    /**
     * Makes the pending memberships of a connection live. Writes {@code first}; then, in log order, the events that were read for the memberships and the
     * buffered ones that are newer than {@code from}; later events are delivered live. From any thread.
     *
     * @param read in log order, those of a side log first
     * @return fails with {@code overloaded} if too many events were buffered for a connection that was open; its pending memberships are cancelled
     */
    public CompletionStage<Void> open(Connection connection, byte[] first, List<ReadEvent> read, LiveFrom from) {
        return onThreadOf(connection, () -> {
            if (!connection.open(first, read, from)) {
                throw new CarillonException(
                        ErrorCode.OVERLOADED,
                        "the scopes were not added: too many events arrived meanwhile; try again");
            }
            return null;
        });
    }

    /** Marks the events up to a position of the tenant's log as delivered by a {@linkplain #replay replay}. From any thread. */
    public void replayedUpTo(Connection connection, Position at) {
        connection.worker.execute(() -> connection.replayedUpTo(at));
    }

    /** Writes bytes for this connection alone, in the order of the calls. From any thread. */
    public void write(Connection connection, byte[] bytes) {
        connection.worker.execute(() -> connection.write(bytes));
    }

    /**
     * Closes a connection after a notice of the reason, if the socket accepts it at once. From any thread.
     *
     * @param before bytes to write before the notice
     */
    public void close(Connection connection, CloseReason reason, byte[] before) {
        connection.worker.execute(() -> connection.end(reason, before));
    }

    /**
     * Closes the connections of a scope. From any thread. Meant for a tab, a session or a user: each I/O thread closes all of its connections in
     * one task.
     *
     * @param retryMillis supplies the reconnect delay; called for each connection, on its I/O thread
     * @return number of closed connections
     */
    public CompletionStage<Integer> close(Interest interest, CloseReason reason, IntSupplier retryMillis) {
        CompletableFuture<Integer> sum = CompletableFuture.completedFuture(0);
        for (FanOutWorker worker : workers.values()) {
            CompletableFuture<Integer> some = new CompletableFuture<>();
            worker.execute(() -> some.complete(worker.end(interest, reason, retryMillis)));
            sum = sum.thenCombine(some, Integer::sum);
        }
        return sum;
    }

    /**
     * Replaces the grants of the connections of a tab, if the session is theirs and the grants are of the same tenant and user. From any thread.
     *
     * @return number of renewed connections
     */
    public CompletionStage<Integer> renew(Interest tab, String session, Grants grants) {
        CompletableFuture<Integer> sum = CompletableFuture.completedFuture(0);
        for (FanOutWorker worker : workers.values()) {
            CompletableFuture<Integer> some = new CompletableFuture<>();
            worker.execute(() -> some.complete(worker.renew(tab, session, grants)));
            sum = sum.thenCombine(some, Integer::sum);
        }
        return sum;
    }

    /**
     * Visits every connection on its I/O thread, in time slices; for operators, as it takes a while. From any thread.
     *
     * @param visitor must be thread-safe
     * @return completes when all were visited
     */
    public CompletionStage<Void> visit(Consumer<Connection> visitor) {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (FanOutWorker worker : workers.values()) {
            CompletableFuture<Void> visited = new CompletableFuture<>();
            worker.visit(visitor, () -> visited.complete(null));
            all.add(visited);
        }
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
    }

    /** Closes every connection, each with its own reconnect delay. From any thread. */
    public void endAll(CloseReason reason, IntSupplier retryMillis) {
        endShare(reason, 1, retryMillis);
    }

    /**
     * Closes a share of the connections of each I/O thread, rounded up. From any thread.
     *
     * @param share above 0, up to 1
     * @param retryMillis supplies the reconnect delay; called for each connection, on its I/O thread
     */
    public void endShare(CloseReason reason, double share, IntSupplier retryMillis) {
        workers.values().forEach(worker -> worker.endShare(reason, share, retryMillis));
    }

    /**
     * Closes some connections, chosen at random from those that receive events and keep up. From any thread.
     *
     * @param count at most so many, in equal parts of each I/O thread
     * @param retryMillis supplies the reconnect delay; called for each connection, on its I/O thread
     * @return number of closed connections
     */
    public CompletionStage<Integer> endSome(
            CloseReason reason, int count, IntSupplier retryMillis, RandomGenerator random) {
        List<FanOutWorker> all = List.copyOf(workers.values());
        CompletableFuture<Integer> sum = CompletableFuture.completedFuture(0);
        int first = all.isEmpty() ? 0 : random.nextInt(all.size());
        for (int i = 0; i < all.size(); i++) {
            // The remainder goes to other threads each time.
            int part = count / all.size() + (Math.floorMod(i - first, all.size()) < count % all.size() ? 1 : 0);
            FanOutWorker worker = all.get(i);
            CompletableFuture<Integer> some = new CompletableFuture<>();
            worker.execute(() -> some.complete(worker.endSome(reason, part, retryMillis, random)));
            sum = sum.thenCombine(some, Integer::sum);
        }
        return sum;
    }

    /** Writes heartbeats and closes expired connections; call it once a second. */
    public void tick() {
        long now = clock.millis();
        workers.values().forEach(worker -> worker.tick(now, revocations));
    }

    /** Releases the system resources of the workers; call it after the I/O threads have ended. */
    @Override
    public void close() {
        workers.values().forEach(FanOutWorker::useChannels);
    }

    public int connectionCount() {
        return metrics.connections.get();
    }

    private FanOutWorker worker(IoThread ioThread) {
        return workers.computeIfAbsent(
                ioThread,
                t -> new FanOutWorker(t, config, budget, metrics, formats, templates, sends, nanoTime, recording));
    }

    /** Number of templates with subscribers; for tests. */
    int templateCount() {
        return templates.size();
    }

    /** Calls the action with each worker; for tests. */
    void forEachWorker(Consumer<FanOutWorker> action) {
        workers.values().forEach(action);
    }
}
