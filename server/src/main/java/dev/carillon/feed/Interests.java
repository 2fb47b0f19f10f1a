package dev.carillon.feed;

import dev.carillon.base.CarillonException;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Interest;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The interests that this node has joined, with reference counts. Joins that arrive during an exchange with the broker are batched into
 * the next one. Only one exchange is in flight, so that a leave and a later join of the same interest cannot overtake each other. An
 * interest with reference count zero is left at the second {@link #sweep} afterwards.
 *
 * <p>The memory budget is charged: the share of a holder to the holder's address until it releases; the share of a newly joined interest
 * to the address that caused the join, until the interest is left, possibly after that address has disconnected.
 */
final class Interests {
    private static final Logger LOGGER = LoggerFactory.getLogger(Interests.class);
    private static final int BATCH = 10_000;

    private static final CompletableFuture<Void> JOINED = CompletableFuture.completedFuture(null);

    private static final class Entry {
        final Interest interest;
        /** The client address that is charged. */
        final long address;

        int referenceCount;
        int idleSweeps;
        CompletableFuture<Void> joined = new CompletableFuture<>();

        Entry(Interest interest, long address) {
            this.interest = interest;
            this.address = address;
        }
    }

    /** A holder of interests: a client address, and the bytes of its share of all of them. */
    record Holder(long address, long bytes) {
        static final Holder NONE = new Holder(MemoryBudget.NO_ADDRESS, 0);
    }

    private final Channel channel;
    private final Predicate<Tenant> connected;
    private final MemoryBudget budget;
    private final Consumer<List<Interest>> onJoined;
    private final Consumer<List<Interest>> onLeft;

    // Below: guarded by this.
    private final Map<Interest, Entry> entries = new HashMap<>();
    private final Map<Interest, Entry> toJoin = new LinkedHashMap<>();
    private boolean exchanging;
    /** Whether a sweep has found interests that may not all be left yet. */
    private boolean leavePending;

    /** @param connected whether the broker is connected for a tenant */
    Interests(
            Channel channel,
            Predicate<Tenant> connected,
            MemoryBudget budget,
            Consumer<List<Interest>> onJoined,
            Consumer<List<Interest>> onLeft) {
        this.channel = channel;
        this.connected = connected;
        this.budget = budget;
        this.onJoined = onJoined;
        this.onLeft = onLeft;
    }

    /**
     * Increments the reference count of each interest; completes when all are joined. On failure, such as refused memory, no count has
     * changed.
     */
    CompletionStage<Void> hold(Collection<Interest> interests, Holder holder) {
        List<CompletableFuture<Void>> joins = new ArrayList<>(interests.size());
        List<Entry> held = new ArrayList<>(interests.size());
        synchronized (this) {
            List<Entry> added = new ArrayList<>(interests.size());
            long bytes = holder.bytes();
            for (Interest interest : interests) {
                Entry h = entries.get(interest);
                if (h == null) {
                    h = new Entry(interest, holder.address());
                    entries.put(interest, h);
                    added.add(h);
                    bytes += InterestBytes.perInterest(interest);
                }
                held.add(h);
            }
            try {
                budget.require(holder.address(), MemoryBudget.Use.INTERESTS, bytes);
            } catch (CarillonException e) {
                added.forEach(h -> entries.remove(h.interest));
                return CompletableFuture.failedFuture(e);
            }
            added.forEach(h -> toJoin.put(h.interest, h));
            for (Entry h : held) {
                h.referenceCount++;
                h.idleSweeps = 0;
                if (!h.joined.isDone()) {
                    joins.add(h.joined);
                }
            }
        }
        joinNext();
        if (joins.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.allOf(joins.toArray(CompletableFuture[]::new)).whenComplete((x, e) -> {
            if (e != null) {
                undoHold(held, holder);
            }
        });
    }

    /** Undoes a failed hold; meanwhile another holder may have joined the same interest anew. */
    private synchronized void undoHold(List<Entry> held, Holder holder) {
        budget.release(holder.address(), MemoryBudget.Use.INTERESTS, holder.bytes());
        for (Entry h : held) {
            if (entries.get(h.interest) == h) {
                h.referenceCount--;
            }
        }
    }

    /** Releases the charges of removed interests, in one call per run of equal addresses. */
    private void releaseMemory(Collection<Entry> removed) {
        long address = MemoryBudget.NO_ADDRESS;
        long bytes = 0;
        for (Entry h : removed) {
            if (h.address != address) {
                budget.release(address, MemoryBudget.Use.INTERESTS, bytes);
                address = h.address;
                bytes = 0;
            }
            bytes += InterestBytes.perInterest(h.interest);
        }
        budget.release(address, MemoryBudget.Use.INTERESTS, bytes);
    }

    /** Undoes one {@link #hold}. */
    synchronized void release(Collection<Interest> interests, Holder holder) {
        budget.release(holder.address(), MemoryBudget.Use.INTERESTS, holder.bytes());
        for (Interest interest : interests) {
            Entry h = entries.get(interest);
            if (h != null && h.referenceCount > 0) {
                h.referenceCount--;
            }
        }
    }

    /** Equal interests; the objects of this class where it has them. */
    synchronized List<Interest> interned(Collection<Interest> interests) {
        List<Interest> same = new ArrayList<>(interests.size());
        for (Interest interest : interests) {
            Entry h = entries.get(interest);
            same.add(h == null ? interest : h.interest);
        }
        return same;
    }

    synchronized int referenceCount(Interest interest) {
        Entry h = entries.get(interest);
        return h == null ? 0 : h.referenceCount;
    }

    /** The joined interests. */
    synchronized List<Interest> joined() {
        List<Interest> joined = new ArrayList<>(entries.size());
        entries.forEach((interest, h) -> {
            if (h.joined.isDone()) {
                joined.add(interest);
            }
        });
        return joined;
    }

    /** Leaves the interests that have been unreferenced since the previous sweep, at once or after the exchange in flight. */
    void sweep() {
        synchronized (this) {
            for (Entry h : entries.values()) {
                if (h.referenceCount == 0 && h.joined.isDone()) {
                    h.idleSweeps++;
                }
            }
            leavePending = true;
        }
        leaveNext();
    }

    private void leaveNext() {
        List<Interest> idle = new ArrayList<>();
        List<Entry> removed = new ArrayList<>();
        synchronized (this) {
            if (exchanging || !leavePending) {
                return;
            }
            for (Entry h : entries.values()) {
                if (h.referenceCount == 0 && h.idleSweeps > 1 && h.joined.isDone()) {
                    idle.add(h.interest);
                    removed.add(h);
                    if (idle.size() == BATCH) {
                        break;
                    }
                }
            }
            leavePending = idle.size() == BATCH;
            if (idle.isEmpty()) {
                return;
            }
            idle.forEach(entries::remove);
            exchanging = true;
        }
        CompletionStage<Void> answer;
        try {
            answer = channel.leave(idle);
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        answer.whenComplete((x, e) -> {
            if (e != null) {
                // A lost connection has ended the interest, or reconnecting will not restore it.
                LOGGER.atDebug()
                        .addKeyValue("interests", idle.size())
                        .log("leaving interests failed: {}", e.getMessage());
            }
            try {
                // Not earlier: a chain that an event arrived on until now would be recorded again and never removed.
                onLeft.accept(idle);
            } finally {
                releaseMemory(removed);
                done();
                // Joins and leaves alternate: joins do not wait for a long list of leaves, and leaves do not pile up
                // while joins keep
                // arriving.
                joinNext();
                leaveNext();
            }
        });
    }

    private void joinNext() {
        Map<Interest, Entry> batch = new LinkedHashMap<>();
        synchronized (this) {
            if (exchanging || toJoin.isEmpty()) {
                return;
            }
            var next = toJoin.entrySet().iterator();
            while (next.hasNext() && batch.size() < BATCH) {
                var entry = next.next();
                batch.put(entry.getKey(), entry.getValue());
                next.remove();
            }
            exchanging = true;
        }
        JoinRequest request = new JoinRequest(channel, connected, (some, failure) -> {
            List<Entry> answered =
                    some.stream().map(batch::get).filter(Objects::nonNull).toList();
            if (failure == null) {
                try {
                    onJoined.accept(some);
                } finally {
                    answered.forEach(this::joined);
                }
            } else {
                failed(answered, failure);
            }
        });
        request.send(List.copyOf(batch.keySet())).whenComplete((x, e) -> {
            done();
            leaveNext();
            joinNext();
        });
    }

    private void failed(List<Entry> some, Throwable failure) {
        List<Entry> removed = new ArrayList<>();
        synchronized (this) {
            for (Entry h : some) {
                if (entries.remove(h.interest, h)) {
                    removed.add(h);
                }
            }
        }
        releaseMemory(removed);
        some.forEach(h -> h.joined.completeExceptionally(failure));
    }

    private void joined(Entry one) {
        CompletableFuture<Void> join;
        synchronized (this) {
            join = one.joined;
            // Many interests stay joined for long: they share one completed future.
            one.joined = JOINED;
        }
        join.complete(null);
    }

    private synchronized void done() {
        exchanging = false;
    }
}
