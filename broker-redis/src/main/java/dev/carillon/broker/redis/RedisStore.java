package dev.carillon.broker.redis;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Store;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.redis.script.Frames;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.broker.redis.script.ScriptArguments;
import dev.carillon.broker.redis.script.ScriptReply;
import dev.carillon.broker.redis.script.Scripts;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Values as strings with a time to live, compared and set by scripts. The revisions of a tenant's values increase together, by the
 * server's clock, so that none is assigned twice, even after data loss.
 */
final class RedisStore implements Store {
    private static final Logger LOGGER = LoggerFactory.getLogger(RedisStore.class);

    private record Watch(Tenant tenant, String kind, Consumer<Change> listener) {}

    private final RedisLink link;
    private final Subscriptions subscriptions;
    private final Keys keys;

    /** By channel. Modified under its own monitor, read without it. */
    private final Map<String, List<Watch>> watches = new ConcurrentHashMap<>();

    RedisStore(RedisLink link, Subscriptions subscriptions, Keys keys) {
        this.link = link;
        this.subscriptions = subscriptions;
        this.keys = keys;
    }

    @Override
    public CompletionStage<Optional<Entry>> get(Key key) {
        return link.ask(session -> session.commands()
                .get(keys.value(key))
                .thenApply(stored -> Optional.ofNullable(stored).map(s -> Frames.value(key, s))));
    }

    @Override
    public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
        if (value.length > MAX_VALUE_BYTES) {
            return CompletableFuture.failedFuture(new CarillonException(
                    ErrorCode.TOO_LARGE, "value: must have at most " + MAX_VALUE_BYTES + " bytes"));
        }
        List<String> names = List.of(keys.value(key), keys.kind(key.tenant(), key.kind()), keys.meta(key.tenant()));
        List<byte[]> arguments = ScriptArguments.of(
                expectedRevision,
                ttl.isZero() ? 0 : Math.max(1, ttl.toMillis()),
                value.clone(),
                key.name(),
                keys.changes(key.tenant(), key.kind()));
        return link.ask(session -> session.run(Scripts.PUT, names, arguments)
                .thenApply(reply -> Optional.of(reply.number(0)).filter(revision -> revision > 0)));
    }

    @Override
    public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
        List<String> names = List.of(keys.value(key), keys.kind(key.tenant(), key.kind()));
        List<byte[]> arguments =
                ScriptArguments.of(expectedRevision, key.name(), keys.changes(key.tenant(), key.kind()));
        return link.ask(
                session -> session.run(Scripts.REMOVE, names, arguments).thenApply(reply -> reply.number(0) == 1));
    }

    @Override
    public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
        List<String> names = List.of(keys.kind(tenant, kind));
        List<byte[]> arguments = ScriptArguments.of(keys.values(tenant, kind), MAX_LIST);
        return link.ask(session ->
                session.run(Scripts.LIST, names, arguments).thenApply(reply -> entries(tenant, kind, reply)));
    }

    static List<Entry> entries(Tenant tenant, String kind, ScriptReply reply) {
        List<Entry> entries = new ArrayList<>(reply.size() / 2);
        for (int i = 0; i < reply.size(); i += 2) {
            byte[] name = reply.bytes(i);
            byte[] stored = reply.bytes(i + 1);
            try {
                entries.add(UnreadableException.reading(
                        "a value of kind " + kind,
                        () -> Frames.value(new Key(tenant, kind, new String(name, StandardCharsets.UTF_8)), stored)));
            } catch (UnreadableException e) {
                LOGGER.warn("skipped an unreadable value of the store: {}", e.getMessage());
            }
        }
        return entries;
    }

    @Override
    public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> listener) {
        String channel = keys.changes(tenant, kind);
        Watch watch = new Watch(tenant, kind, listener);
        synchronized (watches) {
            watches.computeIfAbsent(channel, c -> new CopyOnWriteArrayList<>()).add(watch);
        }
        Consumer<byte[]> receiver = frame -> changed(channel, tenant, kind, frame);
        return link.ask(session -> subscriptions.subscribe(session, Map.of(channel, receiver)))
                .handle((x, e) -> {
                    if (e != null) {
                        unwatch(channel, watch);
                        throw Failures.of(e);
                    }
                    return () -> unwatch(channel, watch);
                });
    }

    private void unwatch(String channel, Watch watch) {
        synchronized (watches) {
            List<Watch> ofChannel = watches.get(channel);
            if (ofChannel == null || !ofChannel.remove(watch) || !ofChannel.isEmpty()) {
                return;
            }
            watches.remove(channel);
            CompletionStage<Void> _ = subscriptions.unsubscribe(link.sessionOrNull(), List.of(channel));
        }
    }

    void changed(String channel, Tenant tenant, String kind, byte[] frame) {
        Change change;
        try {
            change = UnreadableException.reading("a change of kind " + kind, () -> Frames.change(tenant, kind, frame));
        } catch (UnreadableException e) {
            LOGGER.warn("skipped an unreadable change of the store: {}", e.getMessage());
            return;
        }
        for (Watch watch : watches.getOrDefault(channel, List.of())) {
            try {
                watch.listener().accept(change);
            } catch (RuntimeException e) {
                LOGGER.error("a listener of changes of {} failed", kind, e);
            }
        }
    }
}
