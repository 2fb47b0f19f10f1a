package dev.carillon.presence;

import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The users of this node in each scope, and the scopes that they occupy here. A user is in a scope from the first of its connections until the grace period
 * after the last one; only these two moments cause an operation on the store, further connections only change a count.
 *
 * <p><b>Bounds.</b> {@value #MAX_USERS} users, counted in each scope, {@value FullScopes#MAX_SCOPES} scopes of a tenant, and those of {@link FullScopes}. A user
 * beyond them is not recorded, is counted as refused, and waits as long as its connection is open: {@link #enterWaiting} tries {@value #MAX_TRIES}
 * connections at a time, in turn.
 *
 * <p>Thread-safe; never blocks.
 */
final class LocalUsers {
    static final int MAX_USERS = 200_000;
    private static final int MAX_TRIES = 10_000;

    private final PresenceRecords records;
    private final FullScopes full;
    private final Duration grace;
    private final LongSupplier nanoTime;
    private final Runnable refused;
    private final Consumer<LocalPresence> settle;

    /** Modified under the lock {@code this}. */
    private final Map<Subject, LocalPresence> present = new ConcurrentHashMap<>();

    // The fields below are guarded by this.
    /** The subjects of each connection, which is compared by identity. */
    private final Map<Object, Set<Subject>> held = new HashMap<>();
    /** In the order in which they leave, except those whose time was moved. */
    private final Queue<LocalPresence> leaving = new ArrayDeque<>();
    /** Number of scopes of each tenant. */
    private final Map<Tenant, Integer> scopes = new HashMap<>();

    /** What was refused to each connection, by identity; those that were tried last are the last. */
    private final Map<Object, Waiting> waiting = new LinkedHashMap<>();

    private int users;

    private record Waiting(Set<Subject> subjects, @Nullable String data) {}

    /**
     * @param refused counts a user that was not recorded
     * @param settle has the store changed, without blocking
     */
    LocalUsers(
            PresenceRecords records,
            FullScopes full,
            Duration grace,
            LongSupplier nanoTime,
            Runnable refused,
            Consumer<LocalPresence> settle) {
        this.records = records;
        this.full = full;
        this.grace = grace;
        this.nanoTime = nanoTime;
        this.refused = refused;
        this.settle = settle;
    }

    /**
     * Replaces the subjects of a connection.
     *
     * @param now all of one user; none: the connection has left
     */
    synchronized void changed(Object connection, Set<Subject> now, @Nullable String data) {
        Set<Subject> before = held.getOrDefault(connection, Set.of());
        Set<Subject> after = new HashSet<>();
        Set<Subject> beyond = new HashSet<>();
        for (Subject subject : now) {
            if (before.contains(subject) || enter(subject, data)) {
                after.add(subject);
            } else {
                beyond.add(subject);
            }
        }
        beyond.forEach(x -> refused.run());
        keepWaiting(connection, beyond, data);
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

    private void keepWaiting(Object connection, Set<Subject> beyond, @Nullable String data) {
        waiting.remove(connection);
        if (!beyond.isEmpty()) {
            waiting.put(connection, new Waiting(beyond, data));
        }
    }

    /** Lets users in who were refused, as far as there is room now. */
    synchronized void enterWaiting() {
        for (Object connection : waiting.keySet().stream().limit(MAX_TRIES).toList()) {
            Waiting refusedBefore = Objects.requireNonNull(waiting.get(connection));
            Set<Subject> beyond = new HashSet<>(refusedBefore.subjects());
            Set<Subject> all = new HashSet<>(held.getOrDefault(connection, Set.of()));
            beyond.removeIf(subject -> enter(subject, refusedBefore.data()) && all.add(subject));
            if (!all.isEmpty()) {
                held.put(connection, all);
            }
            keepWaiting(connection, beyond, refusedBefore.data());
        }
    }

    private boolean enter(Subject subject, @Nullable String data) {
        LocalPresence user = present.get(subject);
        if (user == null) {
            if (!hasRoom(subject)) {
                return false;
            }
            LocalPresence scope = present.computeIfAbsent(subject.ofScope(), this::scope);
            boolean _ = scope.add();
            user = new LocalPresence(subject, scope, PresenceRecord.jsonText(data), records);
            present.put(subject, user);
            users++;
        }
        if (user.add()) {
            settle.accept(user);
        }
        return true;
    }

    private boolean hasRoom(Subject subject) {
        if (users >= MAX_USERS || full.isFull(subject.ofScope())) {
            return false;
        }
        Tenant tenant = subject.tenant();
        return present.containsKey(subject.ofScope())
                || (!full.isFull(tenant) && scopes.getOrDefault(tenant, 0) < FullScopes.MAX_SCOPES);
    }

    private LocalPresence scope(Subject of) {
        scopes.merge(of.tenant(), 1, Integer::sum);
        return new LocalPresence(of, null, null, records);
    }

    private void leave(Subject subject) {
        LocalPresence user = present.get(subject);
        if (user != null && user.subtract()) {
            linger(user, grace.toNanos());
        }
    }

    /** Keeps a user without a connection for a time. */
    synchronized void linger(LocalPresence user, long nanos) {
        if (user.linger(nanoTime.getAsLong() + nanos)) {
            leaving.add(user);
        }
    }

    /** Has users leave whose time is over. */
    synchronized void removeLeft(long now) {
        for (int i = leaving.size(); i > 0; i--) {
            LocalPresence first = leaving.remove();
            if (first.leavesIn(now) > 0) {
                leaving.add(first);
            } else if (first.stopLingering(now)) {
                settle.accept(first);
            } else {
                leaving.add(first);
            }
        }
    }

    /** Drops a subject that has left and is recorded no more. */
    synchronized void forget(LocalPresence left) {
        if (!left.isOver() || !present.remove(left.subject(), left)) {
            return;
        }
        LocalPresence scope = left.scope();
        if (scope == null) {
            scopes.computeIfPresent(left.subject().tenant(), (tenant, count) -> count == 1 ? null : count - 1);
            return;
        }
        users--;
        if (scope.subtract()) {
            settle.accept(scope);
        }
    }

    /** Null: it is not on this node. */
    @Nullable
    LocalPresence get(Subject subject) {
        return present.get(subject);
    }

    Collection<LocalPresence> all() {
        return present.values();
    }

    /** The scopes with most users at this node, the fullest first. */
    List<ScopePresence.Occupied> fullest(int max) {
        return all().stream()
                .filter(each -> each.subject().isScope())
                .map(each -> new ScopePresence.Occupied(
                        each.subject().tenant(), each.subject().scope(), each.count()))
                .filter(each -> each.users() > 0)
                .sorted(Comparator.comparingInt(ScopePresence.Occupied::users).reversed())
                .limit(max)
                .toList();
    }

    synchronized int count() {
        return users;
    }
}
