package dev.carillon.broker.redis;

import dev.carillon.broker.AppendCounts;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broadcast;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Chain;
import dev.carillon.broker.ChainLink;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Snapshot;
import dev.carillon.broker.redis.script.Frames;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.broker.redis.script.ScriptArguments;
import dev.carillon.broker.redis.script.ScriptReply;
import dev.carillon.broker.redis.script.Scripts;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
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
    private final Appends appends;
    private volatile Consumer<Live> listener = live -> {};

    /** The last frame and its decoded event, because an event with many scopes arrives once per scope; used only while delivering. */
    private byte @Nullable [] lastFrame;

    private @Nullable Live lastLive;

    RedisChannel(RedisLink link, Subscriptions subscriptions, Epochs epochs, Keys keys, Appends appends) {
        this.link = link;
        this.subscriptions = subscriptions;
        this.epochs = epochs;
        this.keys = keys;
        this.appends = appends;
    }

    @Override
    public void listen(Consumer<Live> consumer) {
        listener = consumer;
    }

    @Override
    public Set<Chain> chains(Interest interest) {
        return Keys.chains(interest);
    }

    @Override
    public Set<Chain> chains(Event event) {
        return Keys.chains(event);
    }

    @Override
    public CompletionStage<Void> join(Collection<Interest> interests) {
        Map<String, Consumer<byte[]>> receivers = HashMap.newHashMap(interests.size());
        for (Interest interest : interests) {
            Chain chain = Keys.chain(interest);
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
        return appends.append(List.of(new Broadcast(event, by))).getFirst();
    }

    @Override
    public List<CompletionStage<Appended>> broadcastAll(List<Broadcast> broadcasts) {
        return appends.append(broadcasts);
    }

    @Override
    public AppendCounts appendCounts() {
        return appends.counts();
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

    private String channel(Interest interest) {
        Scope scope = interest.scope();
        return scope == null ? keys.all(interest.tenant()) : keys.live(interest.tenant()) + scope.text();
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
