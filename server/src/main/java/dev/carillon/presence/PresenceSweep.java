package dev.carillon.presence;

import dev.carillon.cluster.NodeRegistry;
import dev.carillon.cluster.Peers;
import dev.carillon.limits.TaskQueue;
import dev.carillon.presence.PresenceRecord.NodeLife;
import dev.carillon.presence.PresenceRecord.Stored;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the store with the connected nodes and users. A sweep lists the occupied scopes of each tenant. It lists the users of a scope only if the record of
 * the scope names a node that has ended; a full sweep lists those of every scope with users of this node, and has missing records written again.
 *
 * <p>One sweep runs at a time, and one list of users is in memory at a time. All nodes sweep; which one changes a record is decided by compare-and-set. Thread-safe.
 */
final class PresenceSweep {
    private static final Logger LOGGER = LoggerFactory.getLogger(PresenceSweep.class);
    private static final long INTERVAL_NANOS = Duration.ofSeconds(60).toNanos();
    private static final long CHECK_INTERVAL_NANOS = Duration.ofSeconds(2).toNanos();

    private final Subjects subjects;
    private final PresenceStore store;
    private final PresenceRecords records;
    private final Peers peers;
    private final EndedNodes ended;
    private final NodeLife self;
    private final long graceNanos;
    private final LongSupplier nanoTime;
    private final Executor threads;
    private final TaskQueue tasks;

    private final AtomicBoolean sweeping = new AtomicBoolean();
    private volatile boolean fullDue;
    private volatile long checkUntilNanos;
    private volatile long sweptNanos;
    private volatile long fullNanos;

    // Used by one sweep at a time.
    private @Nullable String mark;
    private boolean incomplete;

    /**
     * What this node has.
     *
     * @param settle has the store changed, without blocking
     */
    record Subjects(LocalUsers users, FullScopes full, Consumer<LocalPresence> settle) {}

    /**
     * What a sweep does beside its repairs.
     *
     * @param all lists the users of every scope of this node, and has missing records written again
     * @param renew writes the records of this node again, so that they do not expire
     */
    private record Extent(boolean all, boolean renew) {}

    PresenceSweep(
            Subjects subjects,
            PresenceStore store,
            PresenceRecords records,
            Peers peers,
            EndedNodes ended,
            NodeLife self,
            Duration grace,
            LongSupplier nanoTime,
            Executor threads,
            TaskQueue tasks) {
        this.subjects = subjects;
        this.store = store;
        this.records = records;
        this.peers = peers;
        this.ended = ended;
        this.self = self;
        this.graceNanos = grace.toNanos();
        this.nanoTime = nanoTime;
        this.threads = threads;
        this.tasks = tasks;
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

    /** As {@link #check}; the first sweep is a full one. */
    void checkAll() {
        fullDue = true;
        check();
    }

    void tick(long now) {
        boolean checks = checkUntilNanos - now > 0;
        if (now - sweptNanos < (checks ? CHECK_INTERVAL_NANOS : INTERVAL_NANOS) && !fullDue) {
            return;
        }
        if (!sweeping.compareAndSet(false, true)) {
            return;
        }
        boolean renew = now - fullNanos >= PresenceStore.RENEW.toNanos();
        boolean all = fullDue || renew;
        fullDue = false;
        CompletionStage<Void> _ = CompletableFuture.supplyAsync(() -> sweep(all, renew), threads)
                .thenCompose(x -> x)
                .whenComplete((x, e) -> {
                    sweptNanos = nanoTime.getAsLong();
                    if (e != null) {
                        fullDue |= all;
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

    private CompletionStage<Void> sweep(boolean requested, boolean renew) {
        incomplete = false;
        ended.begin(nanoTime.getAsLong());
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
            mark = found;
            if (lost) {
                store.forgetNames();
            }
            boolean all = requested || lost;
            return store.tenants().thenCompose(known -> {
                Set<Tenant> tenants = new LinkedHashSet<>(known);
                tenants.addAll(local.keySet());
                return inTurn(
                        tenants, tenant -> sweep(tenant, local.getOrDefault(tenant, Map.of()), new Extent(all, renew)));
            });
        });
    }

    private CompletionStage<Void> sweep(Tenant tenant, Map<Scope, List<LocalPresence>> local, Extent extent) {
        // Records are read before nodes, as a node enters the registry before it writes records.
        return store.scopes(tenant)
                .thenCompose(scopes -> peers.refresh()
                        .thenComposeAsync(
                                view -> {
                                    subjects.full().countedScopes(tenant, scopes.size());
                                    Set<Scope> some = new LinkedHashSet<>();
                                    scopes.forEach((scope, stored) -> {
                                        if (isSuspect(new Subject(tenant, scope, null), stored.record(), view)) {
                                            some.add(scope);
                                        }
                                    });
                                    if (extent.all()) {
                                        some.addAll(local.keySet());
                                    }
                                    return inTurn(
                                            some,
                                            scope -> sweep(
                                                    new Subject(tenant, scope, null),
                                                    scopes.get(scope),
                                                    local.getOrDefault(scope, List.of()),
                                                    view,
                                                    extent));
                                },
                                threads));
    }

    /** First the users, then the scope itself: its record names every node that theirs may name. */
    private CompletionStage<Void> sweep(
            Subject scope, @Nullable Stored ofScope, List<LocalPresence> local, Peers.View view, Extent extent) {
        return store.users(scope.tenant(), scope.scope()).thenCompose(listed -> {
            subjects.full().countedUsers(scope, listed.users().size());
            List<CompletableFuture<Void>> repairs = new ArrayList<>();
            listed.users()
                    .forEach((user, stored) ->
                            repair(new Subject(scope.tenant(), scope.scope(), user), stored, view, extent, repairs));
            if (extent.all() && listed.complete()) {
                local.forEach(each ->
                        requireRecord(each, listed.users().get(each.subject().user())));
            }
            return CompletableFuture.allOf(repairs.toArray(CompletableFuture[]::new))
                    .thenCompose(x -> {
                        List<CompletableFuture<Void>> last = new ArrayList<>();
                        if (ofScope != null) {
                            repair(scope, ofScope, view, extent, last);
                        }
                        LocalPresence own = subjects.users().get(scope);
                        if (extent.all() && own != null) {
                            requireRecord(own, ofScope);
                        }
                        return CompletableFuture.allOf(last.toArray(CompletableFuture[]::new));
                    });
        });
    }

    private void requireRecord(LocalPresence present, @Nullable Stored stored) {
        if (present.isRecorded() && (stored == null || !stored.record().nodes().contains(self))) {
            present.missing();
            subjects.settle().accept(present);
        }
    }

    private void repair(
            Subject subject, Stored stored, Peers.View view, Extent extent, List<CompletableFuture<Void>> repairs) {
        PresenceRecord record = stored.record();
        Set<NodeLife> gone = gone(subject, record, view);
        if (!gone.isEmpty()) {
            run(repairs, () -> records.remove(subject, stored, gone));
        } else if (isAbandoned(subject, record, view)) {
            run(repairs, () -> records.finish(subject, stored));
        } else if (extent.renew()
                && !record.nodes().isEmpty()
                && record.nodes().getFirst().equals(self)) {
            run(repairs, () -> records.renew(subject, stored));
        }
    }

    private void run(List<CompletableFuture<Void>> repairs, Supplier<? extends CompletionStage<?>> repair) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        boolean queued = tasks.offer(() -> repair.get().whenComplete((x, e) -> {
            if (e == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(e);
            }
        }));
        if (queued) {
            repairs.add(done);
        } else {
            incomplete = true;
        }
    }

    private boolean isSuspect(Subject scope, PresenceRecord record, Peers.View view) {
        return !gone(scope, record, view).isEmpty() || isAbandoned(scope, record, view);
    }

    private Set<NodeLife> gone(Subject subject, PresenceRecord record, Peers.View view) {
        return ended.gone(record, subjects.users().get(subject), view, nanoTime.getAsLong());
    }

    private boolean isAbandoned(Subject subject, PresenceRecord record, Peers.View view) {
        return ended.isAbandoned(record, subjects.users().get(subject), view);
    }

    private static <T> CompletionStage<Void> inTurn(Iterable<T> each, Function<T, CompletionStage<Void>> action) {
        CompletionStage<Void> done = CompletableFuture.completedFuture(null);
        for (T one : each) {
            done = done.thenCompose(x -> action.apply(one));
        }
        return done;
    }
}
