package dev.carillon.broker.redis;

import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Chain;
import dev.carillon.broker.Durability;
import dev.carillon.broker.Epoch;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.redis.script.Frames;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.broker.redis.script.Retention;
import dev.carillon.broker.redis.script.ScriptArguments;
import dev.carillon.broker.redis.script.ScriptReply;
import dev.carillon.broker.redis.script.Scripts;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.lettuce.core.KeyValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the log. The scripts decide completeness and trimming atomically with what they read. */
final class RedisLog implements Log {
    private static final Logger LOGGER = LoggerFactory.getLogger(RedisLog.class);
    private static final int KEYS_PER_CALL = 1_000;
    /** Number of sorted sets per call; up to {@link #MAX_POSITIONS} positions of each are read. */
    private static final int POSITION_SETS_PER_CALL = 32;

    private final RedisLink link;
    private final Epochs epochs;
    private final Keys keys;
    private final Retention retention;
    private final Supplier<Durability> durability;

    RedisLog(RedisLink link, Epochs epochs, Keys keys, BrokerOptions options, Supplier<Durability> durability) {
        this.link = link;
        this.epochs = epochs;
        this.keys = keys;
        this.retention = Retention.of(options);
        this.durability = durability;
    }

    @Override
    public CompletionStage<Page> read(Tenant tenant, Collection<Scope> scopes, Position after, int max) {
        return link.ask(session -> new PageReader(session, epochs, keys, retention, tenant, scopes, after, max).read());
    }

    @Override
    public CompletionStage<List<Position>> find(IdLookup lookup) {
        Optional<Position> encoded = EventIds.position(lookup.id());
        if (encoded.isPresent()) {
            return link.ask(session -> find(session, lookup.tenant(), List.of(), encoded.get())
                    .thenApply(reply -> generated(reply, encoded.get())));
        }
        return lookup.topics() == null
                ? scopesToSearch(lookup).thenCompose(scopes -> given(lookup, scopes))
                : matchingScopes(lookup).thenCompose(matching -> given(lookup, matching));
    }

    private CompletionStage<ScriptReply> find(
            RedisSession session, Tenant tenant, List<String> positionSets, Position encoded) {
        List<String> names = new ArrayList<>(2 + positionSets.size());
        names.add(keys.meta(tenant));
        names.add(keys.log(tenant));
        names.addAll(positionSets);
        return epochs.in(
                session,
                tenant,
                () -> session.run(
                        Scripts.FIND,
                        names,
                        ScriptArguments.of(session.run(), encoded.epoch(), encoded.sequence(), MAX_POSITIONS)));
    }

    private CompletionStage<List<Position>> given(IdLookup lookup, Collection<Scope> scopes) {
        if (scopes.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        List<String> positionSets = scopes.stream()
                .map(scope -> keys.positions(lookup.tenant(), scope, lookup.id()))
                .toList();
        return link.ask(session -> positionSets(session, lookup.tenant(), positionSets, List.of(), List.of()))
                .thenApply(found -> found.stream().sorted().limit(MAX_POSITIONS).toList());
    }

    /** The client's scopes. With many, topics are excluded if the id was used in none: a client may have invented it. */
    private CompletionStage<Collection<Scope>> scopesToSearch(IdLookup lookup) {
        if (lookup.scopes().size() <= POSITION_SETS_PER_CALL) {
            return CompletableFuture.completedFuture(lookup.scopes());
        }
        return link.ask(session -> session.commands()
                .exists(keys.scopes(lookup.tenant(), lookup.id()))
                .thenApply(known -> known > 0
                        ? lookup.scopes()
                        : lookup.scopes().stream()
                                .filter(scope -> scope.kind() != Scope.Kind.TOPIC)
                                .toList()));
    }

    /** Reads a limited number of scopes per call: Redis serves other clients in between. */
    private CompletionStage<Collection<Position>> positionSets(
            RedisSession session,
            Tenant tenant,
            List<String> rest,
            Collection<Position> keptBefore,
            Collection<Position> trimmedBefore) {
        int some = Math.min(rest.size(), POSITION_SETS_PER_CALL);
        return find(session, tenant, rest.subList(0, some), Position.NONE).thenCompose(reply -> {
            boolean isKept = reply.number(1) == 1;
            Set<Position> kept = new HashSet<>(keptBefore);
            Set<Position> trimmed = new HashSet<>(trimmedBefore);
            for (int i = 2; i < reply.size(); i++) {
                (isKept ? kept : trimmed).add(Position.parse(reply.text(i)));
            }
            return some < rest.size()
                    ? positionSets(session, tenant, rest.subList(some, rest.size()), kept, trimmed)
                    : CompletableFuture.completedStage(kept.isEmpty() ? trimmed : kept);
        });
    }

    /** The client's scopes in which the id was used; none where it was used in too many. */
    private CompletionStage<Set<Scope>> matchingScopes(IdLookup lookup) {
        return link.ask(session -> session.commands()
                .zrange(keys.scopes(lookup.tenant(), lookup.id()), 0, MAX_SCOPES_PER_ID)
                .thenApply(names -> {
                    Set<Scope> scopes = new LinkedHashSet<>();
                    if (names.size() <= MAX_SCOPES_PER_ID) {
                        scopes.addAll(lookup.scopes());
                        names.forEach(name -> scope(name).ifPresent(scopes::add));
                        scopes.removeIf(scope -> !lookup.covers(scope));
                    }
                    return scopes;
                }));
    }

    @Override
    public CompletionStage<Position> head(Tenant tenant) {
        return link.ask(session -> ends(session, tenant)
                .thenApply(reply -> new Position(reply.number(1), reply.number(2), reply.number(3))));
    }

    @Override
    public CompletionStage<List<Epoch>> epochs(Tenant tenant) {
        return link.ask(session -> ends(session, tenant).thenApply(RedisLog::epochs));
    }

    @Override
    public CompletionStage<Map<Chain, Position>> heads(Collection<Interest> interests) {
        List<Chain> chains = new ArrayList<>(interests.size());
        List<String> names = new ArrayList<>(interests.size());
        List<Tenant> whole = new ArrayList<>();
        for (Interest interest : interests) {
            Scope scope = interest.scope();
            if (scope == null) {
                whole.add(interest.tenant());
            } else {
                chains.add(Keys.chain(interest));
                names.add(keys.last(interest.tenant(), scope));
            }
        }
        return link.ask(session -> {
            List<CompletableFuture<Map<Chain, Position>>> parts = new ArrayList<>();
            for (int from = 0; from < names.size(); from += KEYS_PER_CALL) {
                int to = Math.min(from + KEYS_PER_CALL, names.size());
                parts.add(lasts(session, chains.subList(from, to), names.subList(from, to)));
            }
            for (Tenant tenant : whole) {
                parts.add(last(session, tenant));
            }
            return CompletableFuture.allOf(parts.toArray(CompletableFuture<?>[]::new))
                    .thenApply(x -> {
                        Map<Chain, Position> heads = HashMap.newHashMap(interests.size());
                        parts.forEach(part -> heads.putAll(part.join()));
                        return heads;
                    });
        });
    }

    @Override
    public Durability durability() {
        return durability.get();
    }

    private CompletionStage<ScriptReply> ends(RedisSession session, Tenant tenant) {
        List<String> names = List.of(keys.meta(tenant));
        return epochs.in(session, tenant, () -> session.run(Scripts.HEAD, names, ScriptArguments.of(session.run())))
                .thenApply(reply -> {
                    epochs.seen(tenant, reply.number(1));
                    return reply;
                });
    }

    private static CompletableFuture<Map<Chain, Position>> lasts(
            RedisSession session, List<Chain> chains, List<String> names) {
        return session.commands()
                .mget(names.toArray(String[]::new))
                .thenApply(values -> {
                    Map<Chain, Position> heads = new HashMap<>();
                    for (int i = 0; i < chains.size(); i++) {
                        KeyValue<String, byte[]> value = values.get(i);
                        if (value.hasValue()) {
                            head(heads, chains.get(i), value.getValue());
                        }
                    }
                    return heads;
                })
                .toCompletableFuture();
    }

    private CompletableFuture<Map<Chain, Position>> last(RedisSession session, Tenant tenant) {
        return session.commands()
                .hget(keys.meta(tenant), "last")
                .thenApply(value -> {
                    Map<Chain, Position> heads = new HashMap<>();
                    if (value != null) {
                        head(heads, Keys.chain(Interest.all(tenant)), value);
                    }
                    return heads;
                })
                .toCompletableFuture();
    }

    /** Skips an unreadable head, which does not affect other chains. */
    static void head(Map<Chain, Position> heads, Chain chain, byte[] last) {
        try {
            heads.put(chain, UnreadableException.reading("a position", () -> Frames.position(last)));
        } catch (UnreadableException e) {
            LOGGER.warn("skipped the unreadable head of a chain of tenant {}: {}", chain.tenant(), e.getMessage());
        }
    }

    /** Skips an unreadable scope, which does not affect others. */
    static Optional<Scope> scope(byte[] name) {
        try {
            return Optional.of(UnreadableException.reading(
                    "a scope", () -> Scope.parse(new String(name, StandardCharsets.UTF_8))));
        } catch (UnreadableException e) {
            LOGGER.warn("skipped an unreadable scope of an id: {}", e.getMessage());
            return Optional.empty();
        }
    }

    static List<Position> generated(ScriptReply reply, Position encoded) {
        if (reply.number(1) == 0) {
            return List.of();
        }
        byte[] wire = reply.bytes(2);
        try {
            return List.of(wire.length == 0 ? encoded : Frames.live(wire).at());
        } catch (RuntimeException e) {
            // The event is unreadable, but known to exist.
            return List.of(encoded);
        }
    }

    static List<Epoch> epochs(ScriptReply reply) {
        List<Epoch> epochs = new ArrayList<>();
        for (String past : reply.text(5).split(",", -1)) {
            if (!past.isEmpty()) {
                String[] parts = past.split(":", 3);
                epochs.add(new Epoch(Long.parseLong(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2])));
            }
        }
        epochs.add(new Epoch(reply.number(1), reply.number(4), Long.MAX_VALUE));
        return epochs;
    }
}
