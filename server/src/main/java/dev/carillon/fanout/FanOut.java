package dev.carillon.fanout;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.feed.FeedListener;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
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
            InstantSource clock,
            MemoryBudget budget) {
        this(config, formats, policies, registry, clock, budget, config.sends()::open);
    }

    FanOut(
            FanOutConfig config,
            List<WireFormat> formats,
            ScopePolicies policies,
            MeterRegistry registry,
            InstantSource clock,
            MemoryBudget budget,
            Supplier<Optional<Sends>> sends) {
        this.config = config;
        this.budget = budget;
        this.metrics = new FanOutMetrics(registry);
        this.formats = new Formats(formats);
        this.policies = policies;
        this.clock = clock;
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
     * Takes a connection in, opening: it holds back events until {@link #open}. Must be called on the pipe's I/O thread, after the
     * feed has joined its interests.
     *
     * @param ioThread the executor that is this I/O thread
     */
    public Connection attach(IoThread ioThread, Pipe pipe, Subscription subscription) {
        Connection connection = take(ioThread, pipe, subscription);
        connection.hub.enlist(connection);
        return connection;
    }

    /** As {@link #attach}, but it is handed nothing before {@link #enlist}. */
    public Connection take(IoThread ioThread, Pipe pipe, Subscription subscription) {
        return hub(ioThread).add(pipe, subscription);
    }

    /** Begins to hold back live events for a connection that was taken. From any thread; fails when the client is gone. */
    public CompletionStage<Void> enlist(Connection connection) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        connection.hub.execute(() -> {
            if (!connection.isClosed()) {
                connection.hub.enlist(connection);
            }
            if (connection.isClosed()) {
                done.completeExceptionally(new GoneException());
            } else {
                done.complete(null);
            }
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

    /** An event as the connection is to have it; empty where it may not. */
    public Optional<byte[]> encodeFor(Connection connection, Live live) {
        Event event = live.event();
        boolean may = !event.isPrivate()
                || connection.subscription().grants().mayReadAnyOf(event.scopes())
                || isPersonal(connection, live);
        return may
                ? Optional.of(connection.subscription().format().encode(live, policies.keepHistory(event)))
                : Optional.empty();
    }

    /** Tells a client that it misses something. */
    public byte[] gap(Connection connection, String reason, @Nullable Position after) {
        return connection.subscription().format().notice(Gap.TYPE, Gap.of(reason, after));
    }

    /** Tells a client that it may miss what is between a position and the event by which it came back. */
    public byte[] repeated(Connection connection, String lastEventId, Position after) {
        return connection.subscription().format().notice(Gap.TYPE, Gap.repeated(lastEventId, after));
    }

    /**
     * Writes what comes first, then what came since {@link #attach} and is newer than the start, then goes on live. From any
     * thread.
     */
    public void open(Connection connection, byte[] opening, List<Live> retained, Start from) {
        List<byte[]> first = new ArrayList<>(1 + retained.size());
        first.add(opening);
        for (Live live : retained) {
            encodeFor(connection, live).ifPresent(first::add);
        }
        connection.hub.execute(() -> connection.open(first, from));
    }

    /** Writes the bytes as the last ones and closes. From any thread. */
    public void end(Connection connection, byte[] farewell) {
        connection.hub.execute(() -> connection.end(farewell));
    }

    /** Ends every connection, each with a delay of its own after which its client comes back. From any thread. */
    public void endAll(IntSupplier retryMillis) {
        endShare(1, retryMillis);
    }

    /**
     * Ends a part of the connections of each I/O thread, rounded up. From any thread.
     *
     * @param share above 0, up to 1
     * @param retryMillis is called for each connection, on its I/O thread
     */
    public void endShare(double share, IntSupplier retryMillis) {
        hubs.values().forEach(hub -> hub.endShare(share, retryMillis));
    }

    /**
     * Ends the connections of an interest that few have, such as a tab's; completes with how many. From any thread.
     *
     * @param retryMillis after which the clients shall come back
     */
    public CompletionStage<Integer> disconnect(Interest interest, int retryMillis) {
        List<CompletableFuture<Integer>> ended = hubs.values().stream()
                .map(hub -> hub.disconnect(interest, retryMillis))
                .toList();
        return CompletableFuture.allOf(ended.toArray(CompletableFuture[]::new))
                .thenApply(x -> ended.stream().mapToInt(CompletableFuture::join).sum());
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

    private static boolean isPersonal(Connection connection, Live live) {
        return connection.subscription().interests().stream()
                .anyMatch(i -> i.scope() != null && i.scope().kind().personal() && i.covers(live.event()));
    }

    private Hub hub(IoThread ioThread) {
        return hubs.computeIfAbsent(ioThread, t -> new Hub(t, config, budget, metrics, formats, templates, sends));
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
