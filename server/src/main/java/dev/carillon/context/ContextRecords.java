package dev.carillon.context;

import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records, in the store, the node and generation that own each context. Writes run beside the stream, which does not wait for them;
 * records are renewed while the context lives. At most {@value #MAX_OUTSTANDING} writes are in flight; further ones are left to the next
 * renewal.
 *
 * <p>A record that another node has taken over is neither renewed nor removed: the revision of the last write differs.
 */
public final class ContextRecords {
    static final Duration TTL = Duration.ofMinutes(10);
    static final Duration RENEW = Duration.ofMinutes(4);

    private static final Logger LOGGER = LoggerFactory.getLogger(ContextRecords.class);
    private static final String KIND = "context";
    private static final int MAX_OUTSTANDING = 10_000;
    private static final CompletionStage<Optional<Long>> UNCHANGED = CompletableFuture.completedStage(Optional.empty());

    private final Store store;
    private final String nodeId;
    private final long generation;
    private final AtomicInteger outstanding = new AtomicInteger();

    public ContextRecords(Store store, String nodeId, long generation) {
        this.store = store;
        this.nodeId = nodeId;
        this.generation = generation;
    }

    /** Writes the record of a new context. */
    void put(Context context) {
        if (admitted()) {
            put(context, Store.ANY).whenComplete((x, e) -> done(e));
        }
    }

    private CompletionStage<Optional<Long>> put(Context context, long expected) {
        return store.put(key(context), value(context.owner()), expected, TTL).thenApply(revision -> {
            revision.ifPresent(context::revision);
            return revision;
        });
    }

    private byte[] value(ContextOwner owner) {
        return ContextRecord.bytes(nodeId, generation, owner.digest());
    }

    /**
     * Writes a record again.
     *
     * @param taken called when another node has taken the context over; must not block
     */
    void renew(Context context, Consumer<Context> taken) {
        if (!admitted()) {
            return;
        }
        put(context, context.revision())
                .thenCompose(revision -> revision.isPresent() ? UNCHANGED : again(context, taken))
                .whenComplete((x, e) -> done(e));
    }

    /** The record is lost, or it is that of another node. */
    private CompletionStage<Optional<Long>> again(Context context, Consumer<Context> taken) {
        return store.get(key(context)).thenCompose(entry -> {
            ContextRecord present = entry.flatMap(ContextRecord::of).orElse(null);
            if (present != null && !isOwn(present)) {
                taken.accept(context);
                return UNCHANGED;
            }
            return put(context, entry.map(Store.Entry::revision).orElse(Store.ABSENT));
        });
    }

    boolean isOwn(ContextRecord known) {
        return known.node().equals(nodeId) && known.generation() == generation;
    }

    /** The record of a context of any node; empty: none is known. Fails as the broker does. */
    CompletionStage<Optional<ContextRecord>> find(Tenant tenant, String context) {
        return store.get(key(tenant, context)).thenApply(entry -> entry.flatMap(ContextRecord::of));
    }

    /**
     * Makes this node the owner of a context.
     *
     * @return revision of the record; empty: it has changed since it was read
     */
    CompletionStage<Optional<Long>> take(ContextOwner owner, String context, ContextRecord known) {
        return store.put(key(owner.tenant(), context), value(owner), known.revision(), TTL);
    }

    /** Removes the record; if that fails, the record expires. */
    void remove(Context context) {
        if (admitted()) {
            store.remove(key(context), context.revision()).whenComplete((x, e) -> done(e));
        }
    }

    private static Store.Key key(Context context) {
        return key(context.owner().tenant(), context.id());
    }

    private static Store.Key key(Tenant tenant, String context) {
        return new Store.Key(tenant, KIND, context);
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
