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

/** Reading of the log. What is complete and what is gone is decided by the scripts, in one moment with what they read. */
final class RedisLog implements Log {
    private static final Logger LOGGER = LoggerFactory.getLogger(RedisLog.class);
    private static final int KEYS_AT_ONCE = 1_000;
    /** Of each up to {@link #MAX_PLACES} are looked at. */
    private static final int PLACES_AT_ONCE = 32;

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
        return link.ask(
                session -> new PageReading(session, epochs, keys, retention, tenant, scopes, after, max).read());
    }

    @Override
    public CompletionStage<List<Position>> find(IdLookup lookup) {
        Optional<Position> encoded = EventIds.position(lookup.id());
        if (encoded.isPresent()) {
            return link.ask(session -> find(session, lookup.tenant(), List.of(), encoded.get())
                    .thenApply(reply -> generated(reply, encoded.get())));
        }
        return lookup.topics() == null
                ? among(lookup).thenCompose(scopes -> given(lookup, scopes))
                : topics(lookup).thenCompose(matching -> given(lookup, matching));
    }

    private CompletionStage<Reply> find(Session session, Tenant tenant, List<String> places, Position encoded) {
        List<String> names = new ArrayList<>(2 + places.size());
        names.add(keys.meta(tenant));
        names.add(keys.log(tenant));
        names.addAll(places);
        return epochs.in(
                session,
                tenant,
                () -> session.run(
                        Scripts.FIND,
                        names,
                        Arguments.of(session.run(), encoded.epoch(), encoded.sequence(), MAX_PLACES)));
    }

    private CompletionStage<List<Position>> given(IdLookup lookup, Collection<Scope> scopes) {
        if (scopes.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        List<String> places = scopes.stream()
                .map(scope -> keys.places(lookup.tenant(), scope, lookup.id()))
                .toList();
        return link.ask(session -> places(session, lookup.tenant(), places, List.of(), List.of()))
                .thenApply(found -> found.stream().sorted().limit(MAX_PLACES).toList());
    }

    /** The scopes of the client; of many the topics are left out where the id was given in none: a client may have made it up. */
    private CompletionStage<Collection<Scope>> among(IdLookup lookup) {
        if (lookup.scopes().size() <= PLACES_AT_ONCE) {
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

    /** In calls of some scopes each: Redis serves others between them. */
    private CompletionStage<Collection<Position>> places(
            Session session,
            Tenant tenant,
            List<String> rest,
            Collection<Position> keptBefore,
            Collection<Position> goneBefore) {
        int some = Math.min(rest.size(), PLACES_AT_ONCE);
        return find(session, tenant, rest.subList(0, some), Position.NONE).thenCompose(reply -> {
            boolean isKept = reply.number(1) == 1;
            Set<Position> kept = new HashSet<>(keptBefore);
            Set<Position> gone = new HashSet<>(goneBefore);
            for (int i = 2; i < reply.size(); i++) {
                (isKept ? kept : gone).add(Position.parse(reply.text(i)));
            }
            return some < rest.size()
                    ? places(session, tenant, rest.subList(some, rest.size()), kept, gone)
                    : CompletableFuture.completedStage(kept.isEmpty() ? gone : kept);
        });
    }

    /** The scopes of the client in which the id was given; none where it was given in so many that they are not looked at. */
    private CompletionStage<Set<Scope>> topics(IdLookup lookup) {
        return link.ask(session -> session.commands()
                .zrange(keys.scopes(lookup.tenant(), lookup.id()), 0, MAX_SCOPES_OF_ID)
                .thenApply(names -> {
                    Set<Scope> scopes = new LinkedHashSet<>();
                    if (names.size() <= MAX_SCOPES_OF_ID) {
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
                chains.add(RedisChannel.chain(interest));
                names.add(keys.last(interest.tenant(), scope));
            }
        }
        return link.ask(session -> {
            List<CompletableFuture<Map<Chain, Position>>> parts = new ArrayList<>();
            for (int from = 0; from < names.size(); from += KEYS_AT_ONCE) {
                int to = Math.min(from + KEYS_AT_ONCE, names.size());
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

    private CompletionStage<Reply> ends(Session session, Tenant tenant) {
        List<String> names = List.of(keys.meta(tenant));
        return epochs.in(session, tenant, () -> session.run(Scripts.HEAD, names, Arguments.of(session.run())))
                .thenApply(reply -> {
                    epochs.seen(tenant, reply.number(1));
                    return reply;
                });
    }

    private static CompletableFuture<Map<Chain, Position>> lasts(
            Session session, List<Chain> chains, List<String> names) {
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

    private CompletableFuture<Map<Chain, Position>> last(Session session, Tenant tenant) {
        return session.commands()
                .hget(keys.meta(tenant), "last")
                .thenApply(value -> {
                    Map<Chain, Position> heads = new HashMap<>();
                    if (value != null) {
                        head(heads, RedisChannel.chain(Interest.all(tenant)), value);
                    }
                    return heads;
                })
                .toCompletableFuture();
    }

    /** One that cannot be read is left out, and costs no other chain its head. */
    static void head(Map<Chain, Position> heads, Chain chain, byte[] last) {
        try {
            heads.put(chain, UnreadableException.reading("a position", () -> Frames.position(last)));
        } catch (UnreadableException e) {
            LOGGER.warn("left out the head of a chain of tenant {}: {}", chain.tenant(), e.getMessage());
        }
    }

    /** One that cannot be read is left out, and costs no other its id. */
    static Optional<Scope> scope(byte[] name) {
        try {
            return Optional.of(UnreadableException.reading(
                    "a scope", () -> Scope.parse(new String(name, StandardCharsets.UTF_8))));
        } catch (UnreadableException e) {
            LOGGER.warn("left out a scope of an id: {}", e.getMessage());
            return Optional.empty();
        }
    }

    static List<Position> generated(Reply reply, Position encoded) {
        if (reply.number(1) == 0) {
            return List.of();
        }
        byte[] wire = reply.bytes(2);
        try {
            return List.of(wire.length == 0 ? encoded : Frames.live(wire).at());
        } catch (RuntimeException e) {
            // The event cannot be read; that it is there is known.
            return List.of(encoded);
        }
    }

    static List<Epoch> epochs(Reply reply) {
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
