package dev.carillon.broker.redis;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Appended;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Chain;
import dev.carillon.broker.ChainLink;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.Snapshot;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Live events, with one Redis channel per scope and one for all of a tenant. Redis runs one script at a time and delivers messages to a
 * connection in sending order; delivery therefore has the order of the log.
 */
final class RedisChannel implements Channel {
    private static final Logger LOGGER = LoggerFactory.getLogger(RedisChannel.class);

    private static final int SCOPES_PER_CALL = 250;

    private final RedisLink link;
    private final Subscriptions subscriptions;
    private final Epochs epochs;
    private final Keys keys;
    private final Retention retention;
    private final long maxOutstandingBytes;
    private volatile Consumer<Live> listener = live -> {};

    /** The last frame and its decoded event, because an event with many scopes arrives once per scope; used only while delivering. */
    private byte @Nullable [] lastFrame;

    private @Nullable Live lastLive;

    RedisChannel(RedisLink link, Subscriptions subscriptions, Epochs epochs, Keys keys, BrokerOptions options) {
        this.link = link;
        this.subscriptions = subscriptions;
        this.epochs = epochs;
        this.keys = keys;
        this.retention = Retention.of(options);
        this.maxOutstandingBytes = options.maxOutstandingBytes();
    }

    @Override
    public void listen(Consumer<Live> consumer) {
        listener = consumer;
    }

    @Override
    public Set<Chain> chains(Interest interest) {
        return Set.of(chain(interest));
    }

    @Override
    public Set<Chain> chains(Event event) {
        Set<Chain> chains = HashSet.newHashSet(event.scopes().size() + 1);
        event.scopes().forEach(scope -> chains.add(chain(Interest.in(event.tenant(), scope))));
        chains.add(chain(Interest.all(event.tenant())));
        return chains;
    }

    @Override
    public CompletionStage<Void> join(Collection<Interest> interests) {
        Map<String, Consumer<byte[]>> receivers = HashMap.newHashMap(interests.size());
        for (Interest interest : interests) {
            Chain chain = chain(interest);
            receivers.put(channel(interest), frame -> deliver(chain, frame));
        }
        return link.ask(session -> subscriptions.subscribe(session, receivers));
    }

    @Override
    public CompletionStage<Void> leave(Collection<Interest> interests) {
        List<String> channels = interests.stream().map(this::channel).toList();
        if (link.closed()) {
            return CompletableFuture.failedFuture(new BrokerUnavailableException("the broker is closed"));
        }
        return link.within(subscriptions.unsubscribe(link.sessionOrNull(), channels));
    }

    @Override
    public CompletionStage<Appended> broadcast(Event event, Idempotency by) {
        byte[] bytes = EventWire.encode(event);
        if (link.outstanding().addAndGet(bytes.length) > maxOutstandingBytes) {
            link.outstanding().addAndGet(-bytes.length);
            return CompletableFuture.failedFuture(new OverloadedException(
                    "more than " + maxOutstandingBytes + " bytes of broadcasts wait for the broker"));
        }
        try {
            CompletionStage<Appended> answer = append(link.session(), event, by, bytes);
            // Released with the answer and not at the timeout: until then the bytes are held.
            return link.within(answer.whenComplete((a, e) -> link.outstanding().addAndGet(-bytes.length)));
        } catch (RuntimeException e) {
            link.outstanding().addAndGet(-bytes.length);
            return CompletableFuture.failedFuture(Failures.of(e));
        }
    }

    @Override
    public CompletionStage<Snapshot> snapshot(Tenant tenant, Collection<Scope> scopes) {
        return link.ask(session -> snapshot(session, tenant, List.copyOf(scopes), null, new HashMap<>()));
    }

    /**
     * Reads a limited number of scopes per call: Redis serves other clients in between. The first call determines the head; events
     * retained later are left out, and arrive live.
     */
    private CompletionStage<Snapshot> snapshot(
            RedisSession session,
            Tenant tenant,
            List<Scope> scopes,
            @Nullable Position headBefore,
            Map<Position, Live> retained) {
        int some = Math.min(scopes.size(), SCOPES_PER_CALL);
        List<String> names = List.of(keys.meta(tenant), keys.retained(tenant));
        List<byte[]> arguments = ScriptArguments.of(session.run());
        scopes.subList(0, some).forEach(scope -> arguments.addAll(ScriptArguments.of(scope.text())));
        return epochs.in(session, tenant, () -> session.run(Scripts.SNAPSHOT, names, arguments))
                .thenCompose(reply -> {
                    Position head = headBefore == null
                            ? new Position(reply.number(1), reply.number(2), reply.number(3))
                            : headBefore;
                    addRetained(reply, head, retained);
                    return some < scopes.size()
                            ? snapshot(session, tenant, scopes.subList(some, scopes.size()), head, retained)
                            : CompletableFuture.completedStage(new Snapshot(
                                    head,
                                    retained.values().stream()
                                            .sorted(Comparator.comparing(Live::at))
                                            .toList()));
                });
    }

    static Chain chain(Interest interest) {
        Scope scope = interest.scope();
        return new Chain(interest.tenant(), scope == null ? "*" : scope.text());
    }

    private String channel(Interest interest) {
        Scope scope = interest.scope();
        return scope == null ? keys.all(interest.tenant()) : keys.live(interest.tenant()) + scope.text();
    }

    private CompletionStage<Appended> append(RedisSession session, Event event, Idempotency by, byte[] bytes) {
        Tenant tenant = event.tenant();
        String id = event.id();
        String fingerprint = by.fingerprint(event);
        List<String> names = new ArrayList<>(6 + 3 * event.scopes().size());
        names.add(keys.meta(tenant));
        names.add(keys.log(tenant));
        names.add(keys.retained(tenant));
        List<byte[]> arguments = ScriptArguments.of(
                bytes,
                fingerprint == null ? "" : EventWire.digest(event, bytes),
                retention.ageMillis(),
                retention.idMillis(),
                retention.scopeEvents(),
                retention.logEvents(tenant),
                event.clearsRetained() ? 2 : event.retain() ? 1 : 0,
                MAX_RETAINED,
                keys.all(tenant),
                keys.live(tenant),
                id == null ? 0 : 1);
        for (Scope scope : event.scopes()) {
            names.add(keys.last(tenant, scope));
            names.add(keys.index(tenant, scope));
            arguments.addAll(ScriptArguments.of(scope.text()));
        }
        if (fingerprint != null) {
            names.add(keys.repeat(tenant, fingerprint));
        }
        if (id != null) {
            List<String> own = new ArrayList<>();
            own.add(keys.scopes(tenant, id));
            event.scopes().forEach(scope -> own.add(keys.positions(tenant, scope, id)));
            names.add(keys.ids(tenant));
            names.addAll(own);
            arguments.addAll(ScriptArguments.of(
                    own.stream().map(key -> Keys.withoutTenant(tenant, key)).collect(Collectors.joining(" "))));
        }
        return epochs.in(session, tenant, () -> session.run(session.append(), names, arguments))
                .thenApply(reply -> appended(event, by, reply));
    }

    Appended appended(Event event, Idempotency by, ScriptReply reply) {
        String status = reply.text(0);
        if (status.equals("full")) {
            throw new OverloadedException(
                    "tenant " + event.tenant() + " has a retained event in " + MAX_RETAINED + " scopes");
        }
        if (status.equals("conflict")) {
            throw by.conflict(event);
        }
        if (!status.equals("ok") && !status.equals("known")) {
            throw new CarillonException(ErrorCode.INTERNAL, "the append script answered " + status);
        }
        Position at = Position.parse(reply.text(1));
        epochs.seen(event.tenant(), at.epoch());
        return Appended.of(event, at, status.equals("known"));
    }

    /** Delivers one event at a time, see {@link Subscriptions#deliver}. */
    void deliver(Chain chain, byte[] frame) {
        Live live = lastLive;
        byte[] last = lastFrame;
        if (live == null || last == null || !Frames.sameEvent(last, frame)) {
            try {
                live = Frames.live(Frames.wire(frame));
            } catch (RuntimeException e) {
                // The next event names it as its predecessor: the gap is detected, and reading the log shows what is
                // missing.
                LOGGER.warn("skipped an unreadable event on chain {}: {}", chain, e.getMessage());
                return;
            }
            lastFrame = frame;
            lastLive = live;
            epochs.seen(live.event().tenant(), live.at().epoch());
        }
        listener.accept(new Live(live.event(), live.at(), List.of(new ChainLink(chain, Frames.previous(frame)))));
    }

    static void addRetained(ScriptReply reply, Position head, Map<Position, Live> retained) {
        for (int i = 4; i < reply.size(); i++) {
            try {
                Live live = Frames.live(reply.bytes(i));
                if (!live.at().isAfter(head)) {
                    retained.putIfAbsent(live.at(), live);
                }
            } catch (RuntimeException e) {
                LOGGER.warn("skipped an unreadable retained event: {}", e.getMessage());
            }
        }
    }
}
