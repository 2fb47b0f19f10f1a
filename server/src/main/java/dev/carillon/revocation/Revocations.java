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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The revocations of the cluster. They are in the broker's store until they end, so a node that starts later knows them. Each node has a copy: it watches the
 * store, and reads it again every few seconds and whenever changes may have been missed. At most {@value Store#MAX_LIST} are in force at a time; one more is
 * refused. Thread-safe; never blocks, except {@link #open}.
 */
public final class Revocations implements Revoker, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Revocations.class);
    private static final String KIND = "revoked";

    private final Store store;
    private final InstantSource clock;
    private final Runnable onAdded;
    private volatile @Nullable AutoCloseable watch;

    private volatile Map<Revocation.Subject, Revocation> current = Map.of();

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
            if (event instanceof HealthEvent.PossibleLoss || event instanceof HealthEvent.Connected) {
                revocations.refresh();
            }
        });
        return revocations;
    }

    private void changed(Store.Change change) {
        Store.Entry entry = change.entry();
        if (entry != null) {
            Revocation.of(entry.value()).ifPresent(this::add);
        }
    }

    private void add(Revocation added) {
        synchronized (this) {
            Map<Revocation.Subject, Revocation> next = new HashMap<>(current);
            Revocation before = next.put(added.subject(), added);
            if (added.equals(before)) {
                return;
            }
            if (before != null && before.at().isAfter(added.at())) {
                return;
            }
            current = Map.copyOf(next);
        }
        onAdded.run();
    }

    private void read(List<Store.Entry> entries) {
        Map<Revocation.Subject, Revocation> next = new HashMap<>();
        Instant now = clock.instant();
        for (Store.Entry entry : entries) {
            Revocation.of(entry.value())
                    .filter(revocation -> revocation.until().isAfter(now))
                    .ifPresent(revocation -> next.put(revocation.subject(), revocation));
        }
        boolean more;
        synchronized (this) {
            more = next.values().stream().anyMatch(one -> !one.equals(current.get(one.subject())));
            current = Map.copyOf(next);
        }
        if (more) {
            onAdded.run();
        }
    }

    /** Reads the store again, which also drops what has ended; call it every few seconds. Never fails. */
    public void refresh() {
        CompletionStage<Void> _ = store.list(Tenant.SYSTEM, KIND)
                .thenAccept(this::read)
                .exceptionally(e -> {
                    LOGGER.atDebug().log("reading the revocations failed: {}", e.getMessage());
                    return null;
                });
    }

    @Override
    public CompletionStage<Revocation> revoke(Revocation.Subject subject, Duration length) {
        if (current.size() >= Store.MAX_LIST && !current.containsKey(subject)) {
            return CompletableFuture.failedFuture(new CarillonException(
                    ErrorCode.OVERLOADED, "at most " + Store.MAX_LIST + " revocations may be in force at a time"));
        }
        Instant now = clock.instant();
        Revocation revocation = new Revocation(subject, now, now.plus(length));
        return store.put(new Store.Key(Tenant.SYSTEM, KIND, subject.key()), revocation.bytes(), Store.ANY, length)
                .thenApply(x -> {
                    // As the store has it, so that the watch brings nothing new.
                    Revocation stored = Revocation.of(revocation.bytes()).orElseThrow();
                    add(stored);
                    return stored;
                });
    }

    /** Number of revocations in force. */
    public int count() {
        return current.size();
    }

    /** Whether the token of these grants is revoked, by itself or with its user. */
    public boolean isRevoked(Grants grants) {
        Map<Revocation.Subject, Revocation> all = current;
        if (all.isEmpty()) {
            return false;
        }
        TokenIdentity token = grants.token();
        if (token != null && token.id() != null) {
            Revocation byId = all.get(new Revocation.Subject(Revocation.Kind.TOKEN, grants.tenant(), token.id()));
            if (byId != null && byId.until().isAfter(clock.instant())) {
                return true;
            }
        }
        String user = token == null ? grants.user() : token.subject();
        return user != null && covers(all, Revocation.Kind.USER, user, grants);
    }

    /** Whether the use of a browser's session with these grants is revoked. */
    public boolean isRevoked(Grants grants, String session) {
        Map<Revocation.Subject, Revocation> all = current;
        return !all.isEmpty() && covers(all, Revocation.Kind.SESSION, session, grants);
    }

    private boolean covers(Map<Revocation.Subject, Revocation> all, Revocation.Kind kind, String name, Grants grants) {
        Revocation revocation = all.get(new Revocation.Subject(kind, grants.tenant(), name));
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
