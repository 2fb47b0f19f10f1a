package dev.carillon.revocation;

import dev.carillon.auth.Grants;
import dev.carillon.auth.RefusedException;
import dev.carillon.auth.TokenIdentity;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Broker;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The revocations of the cluster. They are in the broker's store until they end, so a node that starts later knows them. Each node has a copy: it watches the
 * store, and reads it again every few seconds and whenever changes may have been missed. At most {@value #MAX} are in force at a time; one more is
 * refused. Thread-safe; never blocks, except {@link #open}.
 */
public final class Revocations implements Revoker, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Revocations.class);
    private static final String KIND = "revoked";
    /** Below what a list can hold, as several nodes may revoke at the same time. */
    private static final int MAX = 9_500;

    private static final Duration SHORTEST = Duration.ofSeconds(1);

    private final Store store;
    private final InstantSource clock;
    private final Runnable onAdded;
    private volatile @Nullable AutoCloseable watch;

    private final Map<Revocation.Subject, Revocation> current = new ConcurrentHashMap<>();
    /** Whether sessions are among them, which are looked up for each connection. */
    private volatile boolean sessions;

    private Revocations(Store store, InstantSource clock, Runnable onAdded) {
        this.store = store;
        this.clock = clock;
        this.onAdded = onAdded;
    }

    /**
     * Reads the revocations; blocks until the store answers.
     *
     * @param onAdded called when there is a new one, on any thread; must not block
     * @throws dev.carillon.broker.BrokerUnavailableException when the store does not answer
     */
    public static Revocations open(Broker broker, InstantSource clock, Runnable onAdded) {
        Revocations revocations = new Revocations(broker.store(), clock, onAdded);
        try {
            revocations.watch = revocations
                    .store
                    .watch(Tenant.SYSTEM, KIND, revocations::changed)
                    .toCompletableFuture()
                    .join();
            revocations.read(revocations
                    .store
                    .list(Tenant.SYSTEM, KIND)
                    .toCompletableFuture()
                    .join());
        } catch (CompletionException e) {
            throw e.getCause() instanceof CarillonException known ? known : e;
        }
        broker.health().listen(event -> {
            if (event.affects(Tenant.SYSTEM)
                    && (event instanceof HealthEvent.PossibleLoss || event instanceof HealthEvent.Connected)) {
                revocations.refresh();
            }
        });
        return revocations;
    }

    private void changed(Store.Change change) {
        Store.Entry entry = change.entry();
        if (entry != null) {
            Revocation.of(entry.value()).ifPresent(revocation -> add(List.of(revocation)));
        }
    }

    private void read(List<Store.Entry> entries) {
        if (entries.size() >= Store.MAX_LIST) {
            LOGGER.atWarn().log("there are too many revocations: this node may not know all of them");
        }
        add(entries.stream()
                .flatMap(entry -> Revocation.of(entry.value()).stream())
                .toList());
    }

    /** Nothing is forgotten before its end: what was read may be older than what is known, and a store can lose its data. */
    private void add(List<Revocation> known) {
        Instant now = clock.instant();
        boolean more = false;
        current.values().removeIf(revocation -> !revocation.until().isAfter(now));
        for (Revocation each : known) {
            if (each.until().isAfter(now)) {
                Revocation before = current.get(each.subject());
                more |= !current.merge(each.subject(), each, Revocation::and).equals(before);
            }
        }
        if (more) {
            sessions = current.keySet().stream().anyMatch(subject -> subject.kind() == Revocation.Kind.SESSION);
            onAdded.run();
        }
    }

    /** Writes those again that a store has lost, for nodes that start later. */
    private void restore(List<Store.Entry> entries) {
        Set<String> stored = entries.stream().map(entry -> entry.key().name()).collect(Collectors.toSet());
        Instant now = clock.instant();
        for (Revocation each : current.values()) {
            Duration left = Duration.between(now, each.until());
            if (left.compareTo(SHORTEST) > 0 && !stored.contains(each.subject().key())) {
                CompletionStage<Optional<Long>> _ = store.put(key(each.subject()), each.bytes(), Store.ABSENT, left);
            }
        }
    }

    /** Reads the store again, which also drops what has ended; call it every few seconds. Never fails. */
    public void refresh() {
        CompletionStage<Void> _ = store.list(Tenant.SYSTEM, KIND)
                .thenAccept(entries -> {
                    read(entries);
                    restore(entries);
                })
                .exceptionally(e -> {
                    LOGGER.atDebug().log("reading the revocations failed: {}", e.getMessage());
                    return null;
                });
    }

    @Override
    public CompletionStage<Revocation> revoke(Revocation.Subject subject, Duration length) {
        if (current.size() >= MAX && !current.containsKey(subject)) {
            return CompletableFuture.failedFuture(new CarillonException(
                    ErrorCode.OVERLOADED, "at most " + MAX + " revocations may be in force at a time"));
        }
        Instant now = clock.instant();
        Revocation added = new Revocation(subject, now, now.plus(length));
        Revocation before = current.get(subject);
        // As the store has it, so that the watch brings nothing new.
        Revocation stored = Revocation.of((before == null ? added : added.and(before)).bytes())
                .orElseThrow();
        return store.put(
                        key(subject),
                        stored.bytes(),
                        Store.ANY,
                        Duration.between(now, stored.until()).plus(SHORTEST))
                .thenApply(x -> {
                    add(List.of(stored));
                    return stored;
                });
    }

    private static Store.Key key(Revocation.Subject subject) {
        return new Store.Key(Tenant.SYSTEM, KIND, subject.key());
    }

    /** Whether there are any. */
    public boolean any() {
        return !current.isEmpty();
    }

    /** Whether there are revocations of sessions. */
    public boolean anySession() {
        return sessions;
    }

    /** Whether the token of these grants is revoked, by itself or with its user. */
    public boolean isRevoked(Grants grants) {
        if (current.isEmpty()) {
            return false;
        }
        TokenIdentity token = grants.token();
        if (token != null && token.id() != null) {
            Revocation byId = current.get(new Revocation.Subject(Revocation.Kind.TOKEN, grants.tenant(), token.id()));
            if (byId != null && byId.until().isAfter(clock.instant())) {
                return true;
            }
        }
        String user = token == null ? grants.user() : token.subject();
        return user != null && covers(Revocation.Kind.USER, user, grants);
    }

    /** Whether the use of a browser's session with these grants is revoked. */
    public boolean isRevoked(Grants grants, String session) {
        return sessions && covers(Revocation.Kind.SESSION, session, grants);
    }

    private boolean covers(Revocation.Kind kind, String name, Grants grants) {
        Revocation revocation = current.get(new Revocation.Subject(kind, grants.tenant(), name));
        if (revocation == null || !revocation.until().isAfter(clock.instant())) {
            return false;
        }
        TokenIdentity token = grants.token();
        Instant issued = token == null ? null : token.issuedAt();
        // Both are whole seconds; a token of the same second may be one of before.
        return issued == null || issued.getEpochSecond() <= revocation.at().getEpochSecond();
    }

    /** @throws RefusedException {@code token-revoked} */
    public Grants checked(Grants grants) {
        if (isRevoked(grants)) {
            throw refused("the token was revoked");
        }
        return grants;
    }

    /** @throws RefusedException {@code token-revoked} */
    public void check(Grants grants, String session) {
        if (isRevoked(grants, session)) {
            throw refused("the session was revoked: sign in again");
        }
    }

    private static RefusedException refused(String why) {
        return new RefusedException(ErrorCode.TOKEN_REVOKED, why);
    }

    @Override
    public void close() {
        AutoCloseable open = watch;
        if (open == null) {
            return;
        }
        try {
            open.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            LOGGER.atDebug().log("the watch of the revocations could not be closed: {}", e.getMessage());
        }
    }
}
