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
 * How many phones are on which node: each node counts its own and writes the number to the store again and again, from where it
 * vanishes {@link #TTL} after the last writing. A writing that fails is made up for by the next.
 */
final class PhoneCounts implements AutoCloseable {
    static final Duration TTL = Duration.ofSeconds(10);
    private static final Logger LOGGER = LoggerFactory.getLogger(PhoneCounts.class);
    private static final String KIND = "lightshow-phones";

    private final ExtensionContext node;
    private final Store.Key key;
    private final ScheduledExecutorService timer;

    /** The phones of one node. */
    record Count(String node, int phones) {}

    PhoneCounts(ExtensionContext node, Duration period) {
        this.node = node;
        this.key = new Store.Key(Tenant.DEFAULT, KIND, node.nodeId());
        this.timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("lightshow-" + node.nodeId()).factory());
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(this::write, 0, period.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Of all nodes, in the order of their ids; as old as the period at most. */
    CompletionStage<List<Count>> list() {
        return node.store()
                .list(Tenant.DEFAULT, KIND)
                .thenApply(entries -> entries.stream()
                        .flatMap(entry -> count(entry).stream())
                        // n2 before n10.
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
            // An exception would end the schedule for good.
            LOGGER.atDebug().log("the phones were not counted: {}", e.getMessage());
        }
    }

    /** Empty for a value of another form: a newer release may write one. */
    private static Optional<Count> count(Store.Entry entry) {
        try {
            int phones = Integer.parseInt(new String(entry.value(), StandardCharsets.UTF_8));
            return Optional.of(new Count(entry.key().name(), phones));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Its number vanishes at once where the store answers, else by its time; nobody waits for that. */
    @Override
    public void close() {
        timer.shutdownNow();
        CompletionStage<Boolean> _ = node.store().remove(key, Store.ANY);
    }
}
