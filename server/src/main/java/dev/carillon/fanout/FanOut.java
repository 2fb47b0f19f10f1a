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
import dev.carillon.scope.Tenant;
import dev.carillon.socket.Sends;
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
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives each event of the feed to this node's connections: encoded once, one task per I/O thread. Thread-safe. */
public final class FanOut implements FeedListener, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(FanOut.class);

    private final FanOutConfig config;
    private final MemoryBudget budget;
    private final FanOutMetrics metrics;
    private final Formats formats;
    private final ScopePolicies policies;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Supplier<Optional<Sends>> sends;
    private final TemplateIndex templates = new TemplateIndex();
    /** One for each I/O thread of the server. */
    private final Map<IoThread, Hub> hubs = new ConcurrentHashMap<>();

    private final AtomicLong ordinals = new AtomicLong();

    /**
     * @param formats those that connections may have
     * @param budget to which what waits for slow clients is charged
     */
    public FanOut(
            FanOutConfig config,
            List<WireFormat> formats,
            ScopePolicies policies,
            MeterRegistry registry,
            Platform platform,
            MemoryBudget budget) {
        this(config, formats, policies, registry, platform, budget, config.sends()::open);
    }

    FanOut(
            FanOutConfig config,
            List<WireFormat> formats,
            ScopePolicies policies,
            MeterRegistry registry,
            Platform platform,
            MemoryBudget budget,
            Supplier<Optional<Sends>> sends) {
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
        return CompletableFuture.allOf(hubs.values().stream()
                .map(hub -> {
                    CompletableFuture<Void> reached = new CompletableFuture<>();
                    hub.execute(() -> reached.complete(null));
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
        // Events of side logs have no ids: there is nothing to read from.
        boolean ofSideLogs =
                interests.stream().allMatch(interest -> interest.tenant().isSideLog());
        List<Interest> lists = interests.stream().flatMap(this::lists).toList();
        give(notice(lists, Gap.TYPE, Gap.of("lost", ofSideLogs ? null : after)));
    }

    /** Whom what concerns an interest of the node may concern, too. */
    private Stream<Interest> lists(Interest joined) {
        return joined instanceof Interest.All(Tenant tenant)
                ? Stream.concat(
                        Stream.of(joined),
                        templates.held(tenant).stream().map(template -> Interest.matching(tenant, template)))
                : Stream.of(joined);
    }

    /** An event that no log has: it reaches the connections of this node, and has no place in the order of others. Any thread. */
    public void deliverHere(Event event) {
        deliver(new Live(event, Position.NONE, List.of()), Frame.Kind.HERE, null);
    }

    @Override
    public void mayHaveLost(Tenant tenant, Position after) {
        Frame frame = notice(List.of(), Gap.TYPE, Gap.of("epoch", tenant.isSideLog() ? null : after));
        // By the same queue as events: it comes between those of the epochs.
        hubs.values().forEach(hub -> hub.tell(frame, tenant));
    }

    /** Tells every connection something of the node's own. From any thread. */
    public void tellAll(String type, String data) {
        Frame frame = notice(List.of(), type, data);
        hubs.values().forEach(hub -> hub.tell(frame, null));
    }

    private Frame notice(List<Interest> keys, String type, String data) {
        return new Frame(
                Frame.About.notice(ordinals.incrementAndGet(), keys), formats, format -> format.notice(type, data));
    }

    private void deliver(Live live, Frame.Kind kind, @Nullable Frame instead) {
        Event event = live.event();
        boolean withId = kind != Frame.Kind.HERE && policies.keepHistory(event);
        Frame frame;
        try {
            frame = new Frame(
                    Frame.About.event(
                            ordinals.incrementAndGet(), kind, live, keys(event), policies.slow(event), instead),
                    formats,
                    format -> format.encode(live, withId));
        } catch (RuntimeException e) {
            metrics.unencodable.increment();
            LOGGER.atError().addKeyValue("position", live.at()).setCause(e).log("an event could not be encoded");
            return;
        }
        give(frame);
    }

    private List<Interest> keys(Event event) {
        List<TopicTemplate> matching = templates.matching(event.tenant(), event.scopes());
        List<Interest> keys = new ArrayList<>(event.scopes().size() + matching.size());
        event.scopes().forEach(scope -> keys.add(Interest.in(event.tenant(), scope)));
        matching.forEach(template -> keys.add(Interest.matching(event.tenant(), template)));
        return keys;
    }

    private void give(Frame frame) {
        for (Hub hub : hubs.values()) {
            hub.deliver(frame);
        }
    }

    /**
     * Takes a connection in; it is in no list yet. Must be called on the pipe's I/O thread, after the feed has joined its interests.
     *
     * @param ioThread the executor that is this I/O thread
     */
    public Connection take(IoThread ioThread, Pipe pipe, ConnectionOptions options, List<Interest> interests) {
        return hub(ioThread).add(pipe, options, List.copyOf(interests));
    }

    /** As {@link #hold}, at once; on the connection's I/O thread. */
    public void enlist(Connection connection, List<Interest> interests) {
        connection.hub.enlist(connection, interests);
    }

    /**
     * Puts a connection into the lists of its interests, or of more, and holds back its live events until {@link #open}. From any thread.
     *
     * @param interests all of those that it was taken with; of an open connection, some that it does not have
     * @return fails with {@link GoneException} when the client is gone, and with {@code overloaded} where the node has no room for one of the
     *     interests; then it is in none of their lists
     */
    public CompletionStage<Void> hold(Connection connection, List<Interest> interests) {
        return onThreadOf(connection, () -> {
            connection.hub.enlist(connection, interests);
            return null;
        });
    }

    /**
     * Takes a connection out of the lists of some interests. From any thread.
     *
     * @return those in whose lists it was
     */
    public CompletionStage<List<Interest>> leave(Connection connection, Collection<Interest> interests) {
        Set<Interest> leaving = Set.copyOf(interests);
        return onThreadOf(connection, () -> connection.leave(leaving));
    }

    /** Takes back a {@link #hold} of an open connection, after which it was not opened: events no longer wait. From any thread. */
    public CompletionStage<List<Interest>> release(Connection connection, Collection<Interest> interests) {
        Set<Interest> leaving = Set.copyOf(interests);
        return onThreadOf(connection, () -> {
            List<Interest> left = connection.leave(leaving);
            connection.resume();
            return left;
        });
    }

    /** The interests of the connection. From any thread; fails when the client is gone. */
    public CompletionStage<List<Interest>> interests(Connection connection) {
        return onThreadOf(connection, connection::interests);
    }

    /** What the connection receives by the memberships that it has. From any thread; fails when the client is gone. */
    public CompletionStage<Received> received(Connection connection) {
        return onThreadOf(connection, connection::received);
    }

    /** Replaces the grants of an open connection, and when it expires. From any thread; fails when the client is gone. */
    public CompletionStage<Void> renew(Connection connection, Grants grants) {
        return onThreadOf(connection, () -> {
            connection.renew(grants);
            return null;
        });
    }

    private static <T extends @Nullable Object> CompletionStage<T> onThreadOf(
            Connection connection, Supplier<T> action) {
        CompletableFuture<T> done = new CompletableFuture<>();
        connection.hub.execute(() -> {
            if (connection.isClosed()) {
                done.completeExceptionally(new GoneException());
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
     * Writes what comes before live events, part by part. From any thread, once the part before has been taken.
     *
     * @param part at most about as much as the outbox may hold
     * @return completes with whether the client has taken it already; where it has not, wait for {@link #taken}. Fails with {@link
     *     GoneException} when the client is gone
     */
    public CompletionStage<Boolean> replay(Connection connection, byte[] part) {
        CompletableFuture<Boolean> written = new CompletableFuture<>();
        connection.hub.execute(() -> connection.replay(part, written));
        return written;
    }

    /** Completes when the client has taken what was replayed, fails with {@link GoneException} when it is gone. From any thread. */
    public CompletionStage<Void> taken(Connection connection) {
        CompletableFuture<Void> taken = new CompletableFuture<>();
        connection.hub.execute(() -> connection.awaitTaken(taken));
        return taken;
    }

    /**
     * An event as the connection is to have it; empty where it may not.
     *
     * @param interests by which it is to have it
     */
    public Optional<ReadEvent> read(Connection connection, Live live, Collection<Interest> interests) {
        return encodeFor(connection, live, interests)
                .map(bytes -> new ReadEvent(live.at(), live.event().isInSideLog(), bytes));
    }

    /** As {@link #read}, the bytes alone. */
    public Optional<byte[]> encodeFor(Connection connection, Live live, Collection<Interest> interests) {
        Event event = live.event();
        boolean may =
                !event.isPrivate() || connection.grants().mayReadAnyOf(event.scopes()) || isPersonal(interests, event);
        return may ? Optional.of(connection.wireFormat().encode(live, policies.keepHistory(event))) : Optional.empty();
    }

    /** Tells a client that it misses something. */
    public byte[] gap(Connection connection, String reason, @Nullable Position after) {
        return connection.wireFormat().notice(Gap.TYPE, Gap.of(reason, after));
    }

    /** Tells a client when to come back. */
    public byte[] retry(Connection connection, int millis) {
        return connection.wireFormat().retry(millis);
    }

    /** Tells a client that it may miss what is between a position and the event by which it came back. */
    public byte[] repeated(Connection connection, String lastEventId, Position after) {
        return connection.wireFormat().notice(Gap.TYPE, Gap.repeated(lastEventId, after));
    }

    /**
     * Opens the pending memberships of a connection: writes these bytes, then in log order what was read for the memberships and the events that
     * waited since {@link #enlist} or {@link #hold} and are newer than where the memberships begin, then goes on live. From any thread.
     *
     * @param read in log order, those of a side log before
     * @return fails with {@code overloaded} where too much waited on a connection that was open; then it has none of the pending memberships
     */
    public CompletionStage<Void> open(Connection connection, byte[] first, List<ReadEvent> read, LiveFrom from) {
        return onThreadOf(connection, () -> {
            if (!connection.open(first, read, from)) {
                throw new CarillonException(
                        ErrorCode.OVERLOADED, "too many events came while scopes were added: they were not added");
            }
            return null;
        });
    }

    /** What was {@linkplain #replay replayed} up to a position of the tenant's log counts as delivered. From any thread. */
    public void replayedUpTo(Connection connection, Position at) {
        connection.hub.execute(() -> connection.replayedUpTo(at));
    }

    /** Writes something of the connection's own, in the order of these calls. From any thread. */
    public void write(Connection connection, byte[] bytes) {
        connection.hub.execute(() -> connection.write(bytes));
    }

    /**
     * Closes a connection, and tells the client the reason where that is possible at once. From any thread.
     *
     * @param before bytes before the reason
     */
    public void close(Connection connection, CloseReason reason, byte[] before) {
        connection.hub.execute(() -> connection.end(reason, before));
    }

    /**
     * Closes the connections that are in a scope. From any thread. Meant for a tab, a session or a user: an I/O thread closes all of its
     * connections in one task.
     *
     * @param retryMillis is called for each connection, on its I/O thread
     * @return how many
     */
    public CompletionStage<Integer> close(Interest interest, CloseReason reason, IntSupplier retryMillis) {
        CompletableFuture<Integer> sum = CompletableFuture.completedFuture(0);
        for (Hub hub : hubs.values()) {
            CompletableFuture<Integer> some = new CompletableFuture<>();
            hub.execute(() -> some.complete(hub.end(interest, reason, retryMillis)));
            sum = sum.thenCombine(some, Integer::sum);
        }
        return sum;
    }

    /** Ends every connection, each with a delay of its own after which its client comes back. From any thread. */
    public void endAll(CloseReason reason, IntSupplier retryMillis) {
        endShare(reason, 1, retryMillis);
    }

    /**
     * Ends a part of the connections of each I/O thread, rounded up. From any thread.
     *
     * @param share above 0, up to 1
     * @param retryMillis is called for each connection, on its I/O thread
     */
    public void endShare(CloseReason reason, double share, IntSupplier retryMillis) {
        hubs.values().forEach(hub -> hub.endShare(reason, share, retryMillis));
    }

    /** Heartbeats and expiry; call it once a second. */
    public void tick() {
        long now = clock.millis();
        hubs.values().forEach(hub -> hub.tick(now));
    }

    /** Gives back what the I/O threads had of the system. Once they have ended. */
    @Override
    public void close() {
        hubs.values().forEach(Hub::sendByChannels);
    }

    public int connectionCount() {
        return metrics.connections.get();
    }

    private static boolean isPersonal(Collection<Interest> interests, Event event) {
        return interests.stream()
                .anyMatch(i -> i.scope() != null && i.scope().kind().personal() && i.covers(event));
    }

    private Hub hub(IoThread ioThread) {
        return hubs.computeIfAbsent(
                ioThread, t -> new Hub(t, config, budget, metrics, formats, templates, sends, nanoTime));
    }

    /** How many templates have subscribers here; for tests. */
    int templateCount() {
        return templates.size();
    }

    /** For each hub; for tests. */
    void forEachHub(Consumer<Hub> action) {
        hubs.values().forEach(action);
    }
}
