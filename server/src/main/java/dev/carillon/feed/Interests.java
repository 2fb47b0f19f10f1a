package dev.carillon.feed;

import dev.carillon.base.CarillonException;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Interest;
import dev.carillon.limits.MemoryBudget;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which interests this node has joined, counted by those who hold them. Joins that come while an exchange with the broker is
 * under way travel together in the next one; there is one exchange at a time, so that a leave and a later join of the same
 * interest cannot overtake each other. An interest that nobody holds any more is left at the second {@link #sweep} after.
 *
 * <p>Their memory is charged: what a holder adds to the holder's address, until it releases; what an interest takes that was not there to
 * the address that brought it, until it is left, which may be after that address has gone.
 */
final class Interests {
    private static final Logger LOGGER = LoggerFactory.getLogger(Interests.class);
    private static final int BATCH = 10_000;

    private static final CompletableFuture<Void> JOINED = CompletableFuture.completedFuture(null);

    private static final class Held {
        final Interest interest;
        /** The client address to which it is charged. */
        final long address;

        int holders;
        int idleSweeps;
        CompletableFuture<Void> joined = new CompletableFuture<>();

        Held(Interest interest, long address) {
            this.interest = interest;
            this.address = address;
        }
    }

    /** Who holds interests: a client address, and what its hold of all of them takes, in bytes. */
    record Holder(long address, long bytes) {
        static final Holder NONE = new Holder(MemoryBudget.NO_ADDRESS, 0);
    }

    private final Channel channel;
    private final MemoryBudget budget;
    private final Consumer<List<Interest>> onJoined;
    private final Consumer<List<Interest>> onLeft;

    // Below: guarded by this.
    private final Map<Interest, Held> held = new HashMap<>();
    private final Map<Interest, Held> waiting = new LinkedHashMap<>();
    private boolean busy;
    /** Whether a sweep has come whose finds may not all be left. */
    private boolean toLeave;

    Interests(
            Channel channel, MemoryBudget budget, Consumer<List<Interest>> onJoined, Consumer<List<Interest>> onLeft) {
        this.channel = channel;
        this.budget = budget;
        this.onJoined = onJoined;
        this.onLeft = onLeft;
    }

    /** Holds each of the interests once more; completes when all are joined. On failure, as where the memory is refused, none is held. */
    CompletionStage<Void> hold(Collection<Interest> interests, Holder holder) {
        List<CompletableFuture<Void>> joins = new ArrayList<>(interests.size());
        List<Held> taken = new ArrayList<>(interests.size());
        synchronized (this) {
            List<Held> added = new ArrayList<>(interests.size());
            long bytes = holder.bytes();
            for (Interest interest : interests) {
                Held h = held.get(interest);
                if (h == null) {
                    h = new Held(interest, holder.address());
                    held.put(interest, h);
                    added.add(h);
                    bytes += InterestBytes.joined(interest);
                }
                taken.add(h);
            }
            try {
                budget.require(holder.address(), MemoryBudget.Use.INTERESTS, bytes);
            } catch (CarillonException e) {
                added.forEach(h -> held.remove(h.interest));
                return CompletableFuture.failedFuture(e);
            }
            added.forEach(h -> waiting.put(h.interest, h));
            for (Held h : taken) {
                h.holders++;
                h.idleSweeps = 0;
                if (!h.joined.isDone()) {
                    joins.add(h.joined);
                }
            }
        }
        exchange();
        if (joins.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.allOf(joins.toArray(CompletableFuture[]::new)).whenComplete((x, e) -> {
            if (e != null) {
                giveBack(taken, holder);
            }
        });
    }

    /** Of a hold that failed: another may hold the same interest anew meanwhile. */
    private synchronized void giveBack(List<Held> taken, Holder holder) {
        budget.release(holder.address(), MemoryBudget.Use.INTERESTS, holder.bytes());
        for (Held h : taken) {
            if (held.get(h.interest) == h) {
                h.holders--;
            }
        }
    }

    /** Releases what interests were charged that are gone; together where they are of one address, as most that come one after another. */
    private void removed(Collection<Held> gone) {
        long address = MemoryBudget.NO_ADDRESS;
        long bytes = 0;
        for (Held h : gone) {
            if (h.address != address) {
                budget.release(address, MemoryBudget.Use.INTERESTS, bytes);
                address = h.address;
                bytes = 0;
            }
            bytes += InterestBytes.joined(h.interest);
        }
        budget.release(address, MemoryBudget.Use.INTERESTS, bytes);
    }

    /** Takes back one {@link #hold}. */
    synchronized void release(Collection<Interest> interests, Holder holder) {
        budget.release(holder.address(), MemoryBudget.Use.INTERESTS, holder.bytes());
        for (Interest interest : interests) {
            Held h = held.get(interest);
            if (h != null && h.holders > 0) {
                h.holders--;
            }
        }
    }

    /** Equal ones that are here anyway, where they are held. */
    synchronized List<Interest> same(Collection<Interest> interests) {
        List<Interest> same = new ArrayList<>(interests.size());
        for (Interest interest : interests) {
            Held h = held.get(interest);
            same.add(h == null ? interest : h.interest);
        }
        return same;
    }

    synchronized int holders(Interest interest) {
        Held h = held.get(interest);
        return h == null ? 0 : h.holders;
    }

    /** The joined interests. */
    synchronized List<Interest> joined() {
        List<Interest> joined = new ArrayList<>(held.size());
        held.forEach((interest, h) -> {
            if (h.joined.isDone()) {
                joined.add(interest);
            }
        });
        return joined;
    }

    /** Leaves what nobody has held since the sweep before: at once, or when the exchange is over that is under way. */
    void sweep() {
        synchronized (this) {
            for (Held h : held.values()) {
                if (h.holders == 0 && h.joined.isDone()) {
                    h.idleSweeps++;
                }
            }
            toLeave = true;
        }
        leave();
    }

    private void leave() {
        List<Interest> idle = new ArrayList<>();
        List<Held> removed = new ArrayList<>();
        synchronized (this) {
            if (busy || !toLeave) {
                return;
            }
            for (Held h : held.values()) {
                if (h.holders == 0 && h.idleSweeps > 1 && h.joined.isDone()) {
                    idle.add(h.interest);
                    removed.add(h);
                    if (idle.size() == BATCH) {
                        break;
                    }
                }
            }
            toLeave = idle.size() == BATCH;
            if (idle.isEmpty()) {
                return;
            }
            idle.forEach(held::remove);
            busy = true;
        }
        CompletionStage<Void> answer;
        try {
            answer = channel.leave(idle);
        } catch (CarillonException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        answer.whenComplete((x, e) -> {
            if (e != null) {
                // A broker that is away has forgotten the interest with the connection, or drops it on reconnecting.
                LOGGER.atDebug().addKeyValue("interests", idle.size()).log("leaving failed: {}", e.getMessage());
            }
            try {
                // Not before: what comes until then would be remembered, and nobody would forget it.
                onLeft.accept(idle);
            } finally {
                removed(removed);
                done();
                // By turns: neither who comes waits for all that is to be left, nor does that grow while many come.
                exchange();
                leave();
            }
        });
    }

    private void exchange() {
        Map<Interest, Held> batch = new LinkedHashMap<>();
        synchronized (this) {
            if (busy || waiting.isEmpty()) {
                return;
            }
            var entries = waiting.entrySet().iterator();
            while (entries.hasNext() && batch.size() < BATCH) {
                var entry = entries.next();
                batch.put(entry.getKey(), entry.getValue());
                entries.remove();
            }
            busy = true;
        }
        List<Interest> interests = List.copyOf(batch.keySet());
        CompletionStage<Void> answer;
        try {
            answer = channel.join(interests);
        } catch (CarillonException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        answer.whenComplete((x, e) -> {
            if (e == null) {
                onJoined.accept(interests);
                batch.values().forEach(this::joined);
            } else {
                List<Held> removed = new ArrayList<>();
                synchronized (this) {
                    batch.forEach((interest, h) -> {
                        if (held.remove(interest, h)) {
                            removed.add(h);
                        }
                    });
                }
                removed(removed);
                batch.values().forEach(h -> h.joined.completeExceptionally(e));
            }
            done();
            leave();
            exchange();
        });
    }

    private void joined(Held one) {
        CompletableFuture<Void> waiting;
        synchronized (this) {
            waiting = one.joined;
            // There are many that stay for long: they share it.
            one.joined = JOINED;
        }
        waiting.complete(null);
    }

    private synchronized void done() {
        busy = false;
    }
}
