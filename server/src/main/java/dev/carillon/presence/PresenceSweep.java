package dev.carillon.presence;

import dev.carillon.broker.AffectedTenants;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.cluster.Peers;
import dev.carillon.presence.PresenceRecord.Stored;
import dev.carillon.presence.ScopeSweep.Extent;
import dev.carillon.presence.ScopeSweep.Subjects;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the store with the connected nodes and users. A sweep lists the occupied scopes of each tenant. It lists the users of a scope only if the record of
 * the scope names a node that has ended; a full sweep lists those of every scope with users of this node, and has missing records written again. It also
 * counts the users of full scopes again.
 *
 * <p>Each tenant is swept on its own: one for which the broker is unavailable is skipped, one that fails does not end the sweep, and only what was left of these is
 * due again.
 *
 * <p>One sweep runs at a time, and one list of users is in memory at a time. All nodes sweep; which one changes a record is decided by compare-and-set. Thread-safe.
 */
final class PresenceSweep {
    private static final Logger LOGGER = LoggerFactory.getLogger(PresenceSweep.class);
    private static final long INTERVAL_NANOS = Duration.ofSeconds(60).toNanos();
    private static final long CHECK_INTERVAL_NANOS = Duration.ofSeconds(2).toNanos();

    private final Subjects subjects;
    private final PresenceStore store;
    private final ScopeSweep scopeSweep;
    private final Peers peers;
    private final EndedNodes ended;
    private final Predicate<Tenant> connected;
    private final long graceNanos;
    private final LongSupplier nanoTime;
    private final Executor threads;

    private final AtomicBoolean sweeping = new AtomicBoolean();
    /** The tenants with which a full sweep is due. Modified with the monitor held. */
    private volatile Optional<AffectedTenants> fullDue = Optional.empty();

    private volatile long checkUntilNanos;
    private volatile long sweptNanos;
    private volatile long fullNanos;

    // Used by one sweep at a time.
    private @Nullable String mark;
    private boolean incomplete;
    /** What the last sweep left of full sweeps and renewals; bounded by the tenants with presence. */
    private Map<Tenant, Extent> left = Map.of();

    /** @param connected whether the broker is connected for a tenant */
    PresenceSweep(
            Subjects subjects,
            PresenceStore store,
            ScopeSweep scopeSweep,
            Peers peers,
            EndedNodes ended,
            Predicate<Tenant> connected,
            Duration grace,
            LongSupplier nanoTime,
            Executor threads) {
        this.subjects = subjects;
        this.store = store;
        this.scopeSweep = scopeSweep;
        this.peers = peers;
        this.ended = ended;
        this.connected = connected;
        this.graceNanos = grace.toNanos();
        this.nanoTime = nanoTime;
        this.threads = threads;
        long now = nanoTime.getAsLong();
        this.sweptNanos = now;
        this.fullNanos = now;
        check();
    }

    boolean isSweeping() {
        return sweeping.get();
    }

    /** Sweeps often, for as long as it takes until a node that stopped now counts as ended, and its users' grace period is over. */
    void check() {
        checkUntilNanos = nanoTime.getAsLong() + 3 * NodeRegistry.LEASE.toNanos() + graceNanos;
    }

    /** As {@link #check}; the first sweep is a full one of these tenants. */
    void checkAll(AffectedTenants tenants) {
        requireFull(tenants);
        check();
    }

    /** Tenants of two calls before the next sweep become all tenants: no list of calls grows while no sweep can run. */
    private synchronized void requireFull(AffectedTenants tenants) {
        fullDue = Optional.of(fullDue.isEmpty() ? tenants : AffectedTenants.ALL);
    }

    private synchronized Optional<AffectedTenants> takeFull() {
        Optional<AffectedTenants> taken = fullDue;
        fullDue = Optional.empty();
        return taken;
    }

    void tick(long now) {
        boolean checks = checkUntilNanos - now > 0;
        if (now - sweptNanos < (checks ? CHECK_INTERVAL_NANOS : INTERVAL_NANOS) && fullDue.isEmpty()) {
            return;
        }
        if (!sweeping.compareAndSet(false, true)) {
            return;
        }
        boolean renew = now - fullNanos >= PresenceStore.RENEW.toNanos();
        Optional<AffectedTenants> requested = takeFull();
        AffectedTenants full = renew ? AffectedTenants.ALL : requested.orElse(tenant -> false);
        CompletionStage<Void> _ = CompletableFuture.supplyAsync(() -> sweep(full, renew), threads)
                .thenCompose(x -> x)
                .whenComplete((x, e) -> {
                    sweptNanos = nanoTime.getAsLong();
                    if (e != null) {
                        requested.ifPresent(this::requireFull);
                        LOGGER.atDebug().log("presence could not be compared with the store: {}", e.getMessage());
                    } else if (renew) {
                        fullNanos = sweptNanos;
                    }
                    if (incomplete || ended.isPending()) {
                        check();
                    }
                    sweeping.set(false);
                });
    }

    private CompletionStage<Void> sweep(AffectedTenants full, boolean renew) {
        incomplete = false;
        ended.begin(peers.known(), nanoTime.getAsLong());
        Map<Tenant, Map<Scope, List<LocalPresence>>> local = new HashMap<>();
        for (LocalPresence each : subjects.users().all()) {
            Subject subject = each.subject();
            List<LocalPresence> users = local.computeIfAbsent(subject.tenant(), x -> new HashMap<>())
                    .computeIfAbsent(subject.scope(), x -> new ArrayList<>());
            if (!subject.isScope()) {
                users.add(each);
            }
        }
        store.retainOnly(local.keySet());
        return store.mark().thenCompose(found -> {
            boolean lost = mark != null && !found.equals(mark);
            if (lost) {
                store.forgetNames();
            }
            return store.tenants().thenCompose(known -> {
                Set<Tenant> tenants = new LinkedHashSet<>(known);
                tenants.addAll(local.keySet());
                tenants.addAll(subjects.full().tenants());
                // Not earlier: a lost store would be forgotten if this list failed.
                mark = found;
                Map<Tenant, Extent> before = left;
                left = new HashMap<>();
                return inTurn(
                        tenants,
                        tenant -> sweepAlone(
                                tenant,
                                local.getOrDefault(tenant, Map.of()),
                                new Extent(lost || full.contains(tenant), renew)
                                        .with(before.getOrDefault(tenant, Extent.LEAST))));
            });
        });
    }

    /** Never fails. */
    private CompletionStage<Void> sweepAlone(Tenant tenant, Map<Scope, List<LocalPresence>> local, Extent extent) {
        if (!connected.test(tenant)) {
            // A possible loss is reported when it is connected.
            left.put(tenant, extent);
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.completedFuture(extent)
                .thenCompose(x -> sweep(tenant, local, extent))
                .exceptionally(e -> {
                    left.put(tenant, extent);
                    incomplete = true;
                    LOGGER.atDebug()
                            .addKeyValue("tenant", tenant)
                            .log("presence could not be compared with the store: {}", e.getMessage());
                    return null;
                });
    }

    private CompletionStage<Void> sweep(Tenant tenant, Map<Scope, List<LocalPresence>> local, Extent extent) {
        // Records are read before nodes, as a node enters the registry before it writes records.
        return store.scopes(tenant).thenCompose(scopes -> {
            subjects.full().countedScopes(tenant, scopes.size());
            // What was read of the nodes before suffices as long as all that the records name are live.
            return extent.all() || !suspects(tenant, scopes, peers.known()).isEmpty()
                    ? peers.refresh().thenComposeAsync(view -> sweep(tenant, local, scopes, view, extent), threads)
                    : CompletableFuture.completedFuture(null);
        });
    }

    private CompletionStage<Void> sweep(
            Tenant tenant,
            Map<Scope, List<LocalPresence>> local,
            Map<Scope, Stored> scopes,
            Peers.View view,
            Extent extent) {
        Set<Scope> some = suspects(tenant, scopes, view);
        if (extent.all()) {
            some.addAll(local.keySet());
            some.addAll(subjects.full().scopes(tenant));
        }
        return inTurn(
                some,
                scope -> scopeSweep
                        .sweep(
                                new Subject(tenant, scope, null),
                                scopes.get(scope),
                                local.getOrDefault(scope, List.of()),
                                view,
                                extent)
                        .thenAccept(complete -> incomplete |= !complete));
    }

    private Set<Scope> suspects(Tenant tenant, Map<Scope, Stored> scopes, Peers.View view) {
        Set<Scope> some = new LinkedHashSet<>();
        scopes.forEach((scope, stored) -> {
            if (scopeSweep.isSuspect(new Subject(tenant, scope, null), stored.record(), view)) {
                some.add(scope);
            }
        });
        return some;
    }

    private static <T> CompletionStage<Void> inTurn(Iterable<T> each, Function<T, CompletionStage<Void>> action) {
        CompletionStage<Void> done = CompletableFuture.completedFuture(null);
        for (T one : each) {
            done = done.thenCompose(x -> action.apply(one));
        }
        return done;
    }
}
