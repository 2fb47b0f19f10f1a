package dev.carillon.context;

import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records, in the store, the node and generation that own each context. Writes run beside the stream, which does not wait for them;
 * records are renewed while the context lives. At most {@value #MAX_OUTSTANDING} writes are in flight; further ones are left to the next
 * renewal.
 */
public final class ContextRecords {
    static final Duration TTL = Duration.ofMinutes(10);
    static final Duration RENEW = Duration.ofMinutes(4);

    private static final Logger LOGGER = LoggerFactory.getLogger(ContextRecords.class);
    private static final String KIND = "context";
    private static final int MAX_OUTSTANDING = 10_000;

    private final Store store;
    private final byte[] owner;
    private final AtomicInteger outstanding = new AtomicInteger();

    public ContextRecords(Store store, String nodeId, long generation) {
        this.store = store;
        this.owner = Text.utf8(nodeId + " " + generation);
    }

    void put(Context context) {
        if (admitted()) {
            store.put(key(context), owner, Store.ANY, TTL).whenComplete((x, e) -> done(e));
        }
    }

    /** The id of the node that owns a context; empty: none is known. Fails as the broker does. */
    CompletionStage<Optional<String>> owner(Tenant tenant, String context) {
        return store.get(new Store.Key(tenant, KIND, context))
                .thenApply(entry -> entry.map(e -> new String(e.value(), StandardCharsets.UTF_8).split(" ", 2)[0]));
    }

    /** Removes the record; if that fails, the record expires. */
    void remove(Context context) {
        if (admitted()) {
            store.remove(key(context), Store.ANY).whenComplete((x, e) -> done(e));
        }
    }

    private static Store.Key key(Context context) {
        return new Store.Key(context.owner().tenant(), KIND, context.id());
    }

    private boolean admitted() {
        if (outstanding.incrementAndGet() <= MAX_OUTSTANDING) {
            return true;
        }
        outstanding.decrementAndGet();
        return false;
    }

    private void done(@Nullable Throwable e) {
        outstanding.decrementAndGet();
        if (e != null) {
            LOGGER.atDebug().log("writing a context record failed: {}", e.getMessage());
        }
    }
}
