package dev.carillon.node;

import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the node leave when it has reached its maximum age, one node of the cluster at a time.
 *
 * <p>A node may leave while it has the <em>turn</em>: a value in the store that only one node can put, and that expires. The next process with the
 * same node id gives the turn back when it serves; if none comes, the turn expires. The only node of a cluster leaves only by a replacement.
 */
final class MaxAge {
    static final Store.Key TURN = new Store.Key(Tenant.SYSTEM, "drain", "turn");
    /** Time for a supervisor to start the node again. */
    static final Duration RESTART = Duration.ofMinutes(2);

    private static final Logger LOGGER = LoggerFactory.getLogger(MaxAge.class);

    private final Store store;
    private final Departure departure;
    private final String node;
    private final String self;
    private final LongSupplier nanoTime;
    private final Duration turnLength;
    private final boolean limited;
    private final long dueNanos;
    /** Whether a call to the store is in flight. */
    private final AtomicBoolean busy = new AtomicBoolean();
    // Below: only the timer thread.
    private boolean returned;
    private boolean warned;

    /**
     * How the node leaves.
     *
     * @param others number of other live nodes
     * @param replace begins the replacement of the process, if that is possible; returns whether it was
     * @param drain begins a drain
     */
    record Departure(IntSupplier others, BooleanSupplier replace, Runnable drain) {}

    /**
     * @param maxAge zero: unlimited
     * @param generation of this node
     * @param drainTimeout total time of a drain
     */
    MaxAge(
            Duration maxAge,
            Duration drainTimeout,
            Store store,
            String node,
            long generation,
            Departure departure,
            LongSupplier nanoTime,
            RandomGenerator random) {
        this.store = store;
        this.node = node;
        this.self = node + " " + generation;
        this.departure = departure;
        this.nanoTime = nanoTime;
        this.turnLength = drainTimeout.plus(RESTART);
        this.limited = !maxAge.isZero();
        // Nodes that started together do not become due together.
        this.dueNanos = nanoTime.getAsLong() + (long) (maxAge.toNanos() * (0.8 + 0.2 * random.nextDouble()));
    }

    /** Call it every few seconds while the node serves, on one thread. Never blocks; the stage never fails. */
    CompletionStage<Void> tick() {
        if (!limited || busy.getAndSet(true)) {
            return CompletableFuture.completedFuture(null);
        }
        return next().handle((x, e) -> {
            if (e != null) {
                LOGGER.atDebug().log("the store did not answer: {}", e.getMessage());
            }
            busy.set(false);
            return null;
        });
    }

    private CompletionStage<?> next() {
        if (!returned) {
            returned = true;
            return giveBack();
        }
        if (nanoTime.getAsLong() - dueNanos < 0) {
            return CompletableFuture.completedFuture(null);
        }
        return store.put(TURN, Text.utf8(self), Store.ABSENT, turnLength).thenAccept(taken -> {
            if (taken.isPresent()) {
                leave();
            }
        });
    }

    /** Ends the turn of the process that this one follows. */
    private CompletionStage<?> giveBack() {
        return store.get(TURN)
                .thenCompose(entry -> entry.isPresent()
                                && new String(entry.get().value(), StandardCharsets.UTF_8).startsWith(node + " ")
                        ? store.remove(TURN, entry.get().revision())
                        : CompletableFuture.completedFuture(false));
    }

    private void leave() {
        if (departure.replace().getAsBoolean()) {
            LOGGER.atInfo().addKeyValue("node", node).log("maximum age reached: the process is replaced");
        } else if (departure.others().getAsInt() > 0) {
            LOGGER.atInfo().addKeyValue("node", node).log("maximum age reached: draining");
            departure.drain().run();
        } else if (!warned) {
            warned = true;
            LOGGER.atWarn()
                    .addKeyValue("node", node)
                    .log("maximum age reached, but this is the only node: it stays until another one serves");
        }
    }
}
