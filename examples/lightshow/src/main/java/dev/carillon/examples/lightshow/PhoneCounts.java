package dev.carillon.examples.lightshow;

import dev.carillon.broker.Store;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The number of phones on each node. Each node periodically writes its own number to the store, where it expires {@link #TTL} after the last
 * write. A failed write is repeated with the next period.
 */
final class PhoneCounts implements AutoCloseable {
    static final Duration TTL = Duration.ofSeconds(10);
    private static final Logger LOGGER = LoggerFactory.getLogger(PhoneCounts.class);
    private static final String KIND = "lightshow-phones";

    private final ExtensionContext node;
    private final Store.Key key;
    private final ScheduledExecutorService timer;

    /** The number of phones on one node. */
    record Count(String node, int phones) {}

    PhoneCounts(ExtensionContext node, Duration period) {
        this.node = node;
        this.key = new Store.Key(Tenant.DEFAULT, KIND, node.nodeId());
        this.timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("lightshow-" + node.nodeId()).factory());
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(this::write, 0, period.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The numbers of all nodes, ordered by node id; at most one period old. */
    CompletionStage<List<Count>> list() {
        return node.store()
                .list(Tenant.DEFAULT, KIND)
                .thenApply(entries -> entries.stream()
                        .flatMap(entry -> count(entry).stream())
                        // Sorts n2 before n10.
                        .sorted(Comparator.comparingInt((Count c) -> c.node().length())
                                .thenComparing(Count::node))
                        .toList());
    }

    private void write() {
        try {
            int phones = node.streams(Tenant.DEFAULT, Scope.route(Lightshow.ROUTE));
            byte[] value = Integer.toString(phones).getBytes(StandardCharsets.UTF_8);
            node.store().put(key, value, Store.ANY, TTL).whenComplete((x, e) -> {
                if (e != null) {
                    LOGGER.atDebug().log("the count of phones was not written: {}", e.getMessage());
                }
            });
        } catch (RuntimeException e) {
            // An exception would cancel the schedule.
            LOGGER.atDebug().log("the phones were not counted: {}", e.getMessage());
        }
    }

    /** Empty for a value in an unknown form, which a newer release may write. */
    private static Optional<Count> count(Store.Entry entry) {
        try {
            int phones = Integer.parseInt(new String(entry.value(), StandardCharsets.UTF_8));
            return Optional.of(new Count(entry.key().name(), phones));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Removes the number of this node from the store if the broker answers; otherwise it expires. The caller does not wait. */
    @Override
    public void close() {
        timer.shutdownNow();
        CompletionStage<Boolean> _ = node.store().remove(key, Store.ANY);
    }
}
