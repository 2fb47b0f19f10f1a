package dev.carillon.presence;

import dev.carillon.auth.Grants;
import dev.carillon.base.Platform;
import dev.carillon.broker.AffectedTenants;
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
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which users are in the scopes with {@linkplain ScopePolicy#presence presence}, on all nodes.
 *
 * <p><b>On this node</b>, see {@link LocalUsers}.
 *
 * <p><b>In the cluster</b> each user in a scope has a {@link PresenceRecord}, and so has each occupied scope. A node enters the record of the scope before
 * those of its users, and exits it after them: so the record of a scope names every node that records of its users may name. {@link PresenceSweep} removes
 * stopped nodes, finishes what they had begun, and repairs what the store lost.
 *
 * <p><b>Bounds.</b> Those of {@link LocalUsers} and {@link FullScopes}. At most {@value #MAX_CONCURRENT} operations on the broker run, and {@value #MAX_QUEUED} are
 * queued; beyond that, and after failures, they are repeated later.
 */
public final class ScopePresence implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ScopePresence.class);

    static final int MAX_CONCURRENT = 256;
    static final int MAX_QUEUED = 400_000;
    private static final long RETRY_NANOS = Duration.ofSeconds(2).toNanos();
    /** How long other nodes may take to write their records again, after the store lost them. */
    private static final long RESTORE_NANOS = Duration.ofSeconds(10).toNanos();

    private final Broker broker;
    private final ScopePolicies policies;
    private final LongSupplier nanoTime;
    private final Executor threads;
    private final TaskQueue tasks;
    private final PresenceStore store;
    private final LocalUsers users;
    private final PresenceSweep sweep;

    /** The last change of each connection that was not applied yet; bounded by the number of connections. */
    private final Map<Object, Update> updates = new ConcurrentHashMap<>();

    private final AtomicInteger signals = new AtomicInteger();
    /** What failed and has to be tried again. */
    private final Set<LocalPresence> failed = ConcurrentHashMap.newKeySet();

    private volatile long retriedNanos;
    private volatile boolean closed;

    /**
     * A scope as this node sees it.
     *
     * @param users that are connected to this node, or left it within the grace period
     */
    public record Occupied(Tenant tenant, Scope scope, int users) {}

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
        this.nanoTime = platform.nanoTime();
        this.threads = platform.threads().each("carillon-presence");
        this.tasks = new TaskQueue(MAX_CONCURRENT, MAX_QUEUED, threads);
        this.store = new PresenceStore(broker.store(), nanoTime, platform.secureRandom(), threads);
        PresenceMetrics metrics = new PresenceMetrics(registry, this::userCount);
        NodeLife self = new NodeLife(membership.nodeId(), membership.generation());
        PresenceRecords records = new PresenceRecords(
                store,
                new PresenceAnnouncements(broker.channel(), policies, log, metrics),
                self,
                platform.secureRandom());
        FullScopes full = new FullScopes();
        this.users = new LocalUsers(records, full, grace, nanoTime, metrics.refused::increment, this::submit);
        ScopeSweep.Subjects subjects = new ScopeSweep.Subjects(users, full, this::submit);
        EndedNodes ended = new EndedNodes(self, grace.toNanos());
        this.sweep = new PresenceSweep(
                subjects,
                store,
                new ScopeSweep(subjects, store, records, ended, self, nanoTime, tasks),
                membership.peers(),
                ended,
                tenant -> broker.health().connected(tenant),
                grace,
                nanoTime,
                threads);
        this.retriedNanos = nanoTime.getAsLong();
        broker.health().listen(event -> {
            if (event instanceof HealthEvent.PossibleLoss loss) {
                sweep.checkAll(loss.tenants());
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
                    users.changed(connection, subjects(update), update.grants().userData());
                }
            }
            handled = signals.addAndGet(-handled);
        } while (handled != 0);
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

    private void submit(LocalPresence present) {
        if (!closed && !tasks.offer(() -> settle(present))) {
            failed.add(present);
        }
    }

    private CompletionStage<Void> settle(LocalPresence present) {
        return present.settle().handle((x, e) -> {
            if (e == null) {
                users.forget(present);
            } else if (cause(e) instanceof LocalPresence.RestoredException) {
                users.linger(present, RESTORE_NANOS);
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

    /**
     * The users in a scope, on all nodes. Fails as the store does.
     *
     * @param answer maps the list, on a thread of presence
     */
    public <T> CompletionStage<T> list(Tenant tenant, Scope scope, Function<UserList, T> answer) {
        return store.users(tenant, scope).thenApplyAsync(listed -> answer.apply(list(listed)), threads);
    }

    private static UserList list(PresenceStore.Listed listed) {
        return new UserList(
                listed.users().entrySet().stream()
                        .filter(each -> each.getValue().record().isPresent())
                        .map(each -> new UserList.User(
                                each.getKey(), each.getValue().record().data()))
                        .sorted(Comparator.comparing(UserList.User::name))
                        .toList(),
                !listed.complete());
    }

    /** The scopes with most users at this node, the fullest first, at most so many. Completes on a thread of presence. */
    public CompletionStage<List<Occupied>> fullest(int max) {
        return CompletableFuture.supplyAsync(() -> users.fullest(max), threads);
    }

    /** Removes users whose grace period is over, repeats what failed or was refused, and sweeps when a sweep is due; call it once a second. */
    public void tick() {
        long now = nanoTime.getAsLong();
        users.removeLeft(now);
        if (!broker.health().connected(Tenant.SYSTEM)) {
            return;
        }
        if (now - retriedNanos >= RETRY_NANOS) {
            retriedNanos = now;
            for (LocalPresence each : List.copyOf(failed)) {
                if (broker.health().connected(each.subject().tenant())) {
                    failed.remove(each);
                    submit(each);
                }
            }
            users.enterWaiting();
        }
        sweep.tick(now);
    }

    /** Sweeps several times from now on: a node has stopped, or others may take this one for stopped. */
    public void check() {
        sweep.checkAll(AffectedTenants.ALL);
    }

    /** Records nothing more. What this node has recorded stays for the grace period, so that clients can reconnect to other nodes, which then remove it. */
    @Override
    public void close() {
        closed = true;
    }

    private int userCount() {
        return users.count();
    }

    /** Whether all changes were applied, and no operation and no sweep runs. For tests. */
    boolean isSettled() {
        return signals.get() == 0
                && !sweep.isSweeping()
                && tasks.idle().toCompletableFuture().isDone();
    }
}
