package dev.carillon.presence;

import dev.carillon.auth.Grants;
import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.Interest;
import dev.carillon.cluster.Peers;
import dev.carillon.limits.TaskQueue;
import dev.carillon.presence.PresenceRecord.NodeLife;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.ScopePolicy;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which users are in the scopes with {@linkplain ScopePolicy#presence presence}, on all nodes.
 *
 * <p><b>On this node</b> a user is in a scope from the first of its connections until the grace period after the last one. Only these two moments change the
 * store; further connections only change a count.
 *
 * <p><b>In the cluster</b> each user in a scope has a {@link PresenceRecord}, and so has each occupied scope. A node enters the record of the scope before
 * those of its users, and exits it after them: so the record of a scope names every node that records of its users may name. {@link PresenceSweep} removes
 * stopped nodes, finishes what they had begun, and repairs what the store lost.
 *
 * <p><b>Bounds.</b> {@value #MAX_LOCAL} users of this node, counted in each scope; further ones are not recorded, as are those of a scope that has more than
 * {@value PresenceSweep#MAX_USERS}. At most {@value #MAX_CONCURRENT} operations on the broker run, and {@value #MAX_QUEUED} are queued; beyond that, and
 * after failures, they are repeated later.
 */
public final class ScopePresence implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ScopePresence.class);

    static final int MAX_LOCAL = 200_000;
    static final int MAX_CONCURRENT = 256;
    static final int MAX_QUEUED = 400_000;
    private static final long RETRY_NANOS = Duration.ofSeconds(2).toNanos();
    /** How long other nodes may take to write their records again, after the store lost them. */
    private static final long RESTORE_NANOS = Duration.ofSeconds(10).toNanos();

    private final Broker broker;
    private final ScopePolicies policies;
    private final Duration grace;
    private final LongSupplier nanoTime;
    private final Executor threads;
    private final TaskQueue tasks;
    private final PresenceStore store;
    private final PresenceRecords records;
    private final PresenceMetrics metrics;
    private final PresenceSweep sweep;

    /** The last change of each connection that was not applied yet; bounded by the number of connections. */
    private final Map<Object, Update> updates = new ConcurrentHashMap<>();

    private final AtomicInteger signals = new AtomicInteger();
    /** Modified under the lock {@code this}. */
    private final Map<Subject, LocalPresence> local = new ConcurrentHashMap<>();
    /** What failed and has to be tried again. */
    private final Set<LocalPresence> failed = ConcurrentHashMap.newKeySet();

    // The fields below are guarded by this.
    private final Map<Object, Set<Subject>> held = new HashMap<>();
    /** In the order in which they leave, except those whose time was moved. */
    private final Queue<LocalPresence> leaving = new ArrayDeque<>();

    private int users;
    private volatile long retriedNanos;
    private volatile boolean closed;

    private record Update(Grants grants, List<Interest> interests) {}

    /**
     * A node as a member of the cluster.
     *
     * @param generation larger at each start of the node
     */
    public record Membership(String nodeId, long generation, Peers peers) {}

    /**
     * @param grace how long a user may be without a connection and still be in a scope
     * @param log takes every change, in addition to the clients of the scope
     */
    public ScopePresence(
            Broker broker,
            Membership membership,
            ScopePolicies policies,
            Duration grace,
            ChangeLog log,
            MeterRegistry registry,
            Platform platform) {
        this.broker = broker;
        this.policies = policies;
        this.grace = grace;
        this.nanoTime = platform.nanoTime();
        this.threads = platform.threads().each("carillon-presence");
        this.tasks = new TaskQueue(MAX_CONCURRENT, MAX_QUEUED, threads);
        this.store = new PresenceStore(broker.store(), nanoTime, platform.secureRandom(), threads);
        this.metrics = new PresenceMetrics(registry, this::userCount);
        NodeLife self = new NodeLife(membership.nodeId(), membership.generation());
        this.records = new PresenceRecords(
                store,
                new PresenceAnnouncements(broker.channel(), policies, log, metrics),
                self,
                platform.secureRandom());
        this.sweep = new PresenceSweep(this, store, records, membership.peers(), self, grace, nanoTime, threads, tasks);
        this.retriedNanos = nanoTime.getAsLong();
        broker.health().listen(event -> {
            if (event instanceof HealthEvent.PossibleLoss) {
                sweep.checkAll();
            }
        });
    }

    /**
     * The scopes or grants of a connection changed, or it was closed.
     *
     * @param connection compared by identity
     * @param interests all that it has; none: it was closed
     */
    public void changed(Object connection, Grants grants, List<Interest> interests) {
        updates.put(connection, new Update(grants, interests));
        if (signals.getAndIncrement() == 0) {
            threads.execute(this::applyAll);
        }
    }

    /** One thread at a time. */
    private void applyAll() {
        int handled = signals.get();
        do {
            for (Object connection : List.copyOf(updates.keySet())) {
                Update update = updates.remove(connection);
                if (update != null) {
                    apply(connection, update);
                }
            }
            handled = signals.addAndGet(-handled);
        } while (handled != 0);
    }

    private void apply(Object connection, Update update) {
        Set<Subject> now = subjects(update);
        synchronized (this) {
            Set<Subject> before = held.getOrDefault(connection, Set.of());
            Set<Subject> after = new HashSet<>();
            for (Subject subject : now) {
                if (before.contains(subject) || enter(subject, update.grants().userData())) {
                    after.add(subject);
                }
            }
            for (Subject subject : before) {
                if (!now.contains(subject)) {
                    leave(subject);
                }
            }
            if (after.isEmpty()) {
                held.remove(connection);
            } else {
                held.put(connection, after);
            }
        }
    }

    private Set<Subject> subjects(Update update) {
        Grants grants = update.grants();
        String user = grants.user();
        if (user == null || update.interests().isEmpty()) {
            return Set.of();
        }
        Set<Subject> subjects = new HashSet<>();
        for (Interest interest : update.interests()) {
            if (interest instanceof Interest.InScope(Tenant tenant, Scope scope)
                    && tenant.equals(grants.tenant())
                    && policies.presence(scope) != ScopePolicy.Presence.OFF) {
                subjects.add(new Subject(tenant, scope, user));
            }
        }
        return subjects;
    }

    private boolean enter(Subject subject, @Nullable String data) {
        LocalPresence present = local.get(subject);
        if (present == null) {
            if (users >= MAX_LOCAL || sweep.isFull(subject.ofScope())) {
                metrics.refused.increment();
                return false;
            }
            LocalPresence scope =
                    local.computeIfAbsent(subject.ofScope(), of -> new LocalPresence(of, null, null, records));
            boolean _ = scope.add();
            present = new LocalPresence(subject, scope, data, records);
            local.put(subject, present);
            users++;
        }
        if (present.add()) {
            submit(present);
        }
        return true;
    }

    private void leave(Subject subject) {
        LocalPresence present = local.get(subject);
        if (present != null && present.subtract()) {
            linger(present, grace.toNanos());
        }
    }

    private synchronized void linger(LocalPresence present, long nanos) {
        if (present.linger(nanoTime.getAsLong() + nanos)) {
            leaving.add(present);
        }
    }

    private void submit(LocalPresence present) {
        if (!closed && !tasks.offer(() -> settle(present))) {
            failed.add(present);
        }
    }

    private CompletionStage<Void> settle(LocalPresence present) {
        return present.settle().handle((x, e) -> {
            if (e == null) {
                forget(present);
            } else if (cause(e) instanceof LocalPresence.RestoredException) {
                linger(present, RESTORE_NANOS);
            } else {
                LOGGER.atDebug().log("presence could not be recorded yet: {}", e.getMessage());
                failed.add(present);
            }
            return null;
        });
    }

    private static Throwable cause(Throwable e) {
        return e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
    }

    private synchronized void forget(LocalPresence present) {
        if (!present.isOver() || !local.remove(present.subject(), present)) {
            return;
        }
        LocalPresence scope = present.scope();
        if (scope != null) {
            users--;
            if (scope.subtract()) {
                submit(scope);
            }
        }
    }

    /** The users in a scope, on all nodes. Fails as the store does. */
    public CompletionStage<UserList> list(Tenant tenant, Scope scope) {
        return store.users(tenant, scope)
                .thenApply(listed -> new UserList(
                        listed.users().entrySet().stream()
                                .filter(each -> each.getValue().record().isPresent())
                                .map(each -> new UserList.User(
                                        each.getKey(), each.getValue().record().data()))
                                .sorted(Comparator.comparing(UserList.User::name))
                                .toList(),
                        !listed.complete()));
    }

    /** Removes users whose grace period is over, repeats what failed, and sweeps when a sweep is due; call it once a second. */
    public void tick() {
        long now = nanoTime.getAsLong();
        removeLeft(now);
        if (!broker.health().connected()) {
            return;
        }
        if (now - retriedNanos >= RETRY_NANOS) {
            retriedNanos = now;
            for (LocalPresence each : List.copyOf(failed)) {
                failed.remove(each);
                submit(each);
            }
        }
        sweep.tick(now);
    }

    private synchronized void removeLeft(long now) {
        for (int i = leaving.size(); i > 0; i--) {
            LocalPresence first = leaving.remove();
            if (first.leavesIn(now) > 0) {
                // A grace period is the same for all, so later ones are not due, except after a repair.
                leaving.add(first);
            } else if (first.stopLingering(now)) {
                submit(first);
            } else {
                leaving.add(first);
            }
        }
    }

    /** Sweeps several times from now on: a node has stopped, or others may take this one for stopped. */
    public void check() {
        sweep.checkAll();
    }

    /** Records nothing more. What this node has recorded stays for the grace period, so that clients can reconnect to other nodes, which then remove it. */
    @Override
    public void close() {
        closed = true;
    }

    void missing(LocalPresence present) {
        present.missing();
        submit(present);
    }

    @Nullable
    LocalPresence local(Subject subject) {
        return local.get(subject);
    }

    Collection<LocalPresence> all() {
        return local.values();
    }

    private synchronized int userCount() {
        return users;
    }

    /** Whether no operation runs or is queued. */
    CompletableFuture<Void> idle() {
        return tasks.idle().toCompletableFuture();
    }
}
