package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The tenants with contexts on this node. The first context of a tenant opens it, and others of the tenant wait for that, but no other tenant does. A tenant
 * without contexts is closed by the second {@link #closeUnused} after its last one, because opening it again reads all of its signals. Thread-safe; no
 * lock is held while the broker is asked.
 */
final class OpenTenants<T> implements AutoCloseable {
    static final int MAX = 1_000;

    private final Function<Tenant, T> opener;
    private final Consumer<T> closer;
    /** At most {@link #MAX}, and as many more as threads open one at the same time. */
    private final Map<Tenant, Entry<T>> entries = new ConcurrentHashMap<>();

    private static final class Entry<T> {
        private final AtomicBoolean begun = new AtomicBoolean();
        private final CompletableFuture<T> open = new CompletableFuture<>();
        // Below: changed only inside an operation of the map on this entry.
        private int contexts;
        private boolean unused;
    }

    /**
     * @param opener opens a tenant; may block and fail
     * @param closer closes it; may block
     */
    OpenTenants(Function<Tenant, T> opener, Consumer<T> closer) {
        this.opener = opener;
        this.closer = closer;
    }

    /**
     * The tenant, opened, with one more context.
     *
     * @throws CarillonException {@code overloaded} when too many tenants are open, and as the opener
     */
    T acquire(Tenant tenant) {
        if (entries.size() >= MAX && !entries.containsKey(tenant)) {
            throw new CarillonException(ErrorCode.OVERLOADED, "pages of " + MAX + " tenants are open, the maximum");
        }
        Entry<T> entry = entries.compute(tenant, (t, known) -> {
            Entry<T> of = known == null ? new Entry<>() : known;
            of.contexts++;
            of.unused = false;
            return of;
        });
        if (entry.begun.compareAndSet(false, true)) {
            open(tenant, entry);
        }
        try {
            return entry.open.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }

    private void open(Tenant tenant, Entry<T> entry) {
        try {
            entry.open.complete(opener.apply(tenant));
        } catch (Throwable e) {
            // Those who wait fail, too; the next context tries again.
            entries.remove(tenant, entry);
            entry.open.completeExceptionally(e);
        }
    }

    /** A context of the tenant has ended. */
    void release(Tenant tenant) {
        entries.computeIfPresent(tenant, (t, entry) -> {
            entry.contexts--;
            return entry;
        });
    }

    /** Closes the tenants that had no context at the last call, either. */
    void closeUnused() {
        List<Entry<T>> closed = new ArrayList<>();
        entries.keySet()
                .forEach(tenant -> entries.computeIfPresent(tenant, (t, entry) -> {
                    if (entry.contexts > 0) {
                        return entry;
                    }
                    if (!entry.unused) {
                        entry.unused = true;
                        return entry;
                    }
                    closed.add(entry);
                    return null;
                }));
        for (Entry<T> entry : closed) {
            CompletableFuture<?> _ = entry.open.thenAccept(closer);
        }
    }

    void forEach(Consumer<T> action) {
        List.copyOf(entries.values()).forEach(entry -> {
            if (entry.open.isDone() && !entry.open.isCompletedExceptionally()) {
                action.accept(entry.open.join());
            }
        });
    }

    int count() {
        return entries.size();
    }

    @Override
    public void close() {
        forEach(closer);
    }
}
