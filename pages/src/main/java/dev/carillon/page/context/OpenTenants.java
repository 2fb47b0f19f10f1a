package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.page.event.PageEvents;
import dev.carillon.page.view.TenantPages;
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
final class OpenTenants implements AutoCloseable {
    static final int MAX = 1_000;

    private final Function<Tenant, Open> opener;
    /** At most {@link #MAX}, and as many more as threads open one at the same time. */
    private final Map<Tenant, Entry> entries = new ConcurrentHashMap<>();

    record Open(TenantPages pages, PageEvents events) {}

    private static final class Entry {
        private final AtomicBoolean begun = new AtomicBoolean();
        private final CompletableFuture<Open> open = new CompletableFuture<>();
        // Below: changed only inside an operation of the map on this entry.
        private int contexts;
        private boolean unused;
    }

    /** @param opener opens a tenant; may block and fail */
    OpenTenants(Function<Tenant, Open> opener) {
        this.opener = opener;
    }

    /**
     * The tenant, opened, with one more context.
     *
     * @throws CarillonException {@code overloaded} when too many tenants are open, and as the opener
     */
    Open acquire(Tenant tenant) {
        if (entries.size() >= MAX && !entries.containsKey(tenant)) {
            throw new CarillonException(
                    ErrorCode.OVERLOADED, "pages of " + MAX + " tenants are open, the maximum");
        }
        Entry entry = entries.compute(tenant, (t, known) -> {
            Entry of = known == null ? new Entry() : known;
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

    private void open(Tenant tenant, Entry entry) {
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
        List<Entry> closed = new ArrayList<>();
        entries.keySet().forEach(tenant -> entries.computeIfPresent(tenant, (t, entry) -> {
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
        closed.forEach(entry -> entry.open.thenAccept(open -> open.pages().close()));
    }

    void forEach(Consumer<Open> action) {
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
        forEach(open -> open.pages().close());
    }
}
