package dev.carillon.page.view;

import dev.carillon.page.signal.Dependent;
import dev.carillon.page.signal.Dependents;
import dev.carillon.page.signal.SignalKey;
import dev.carillon.patch.Patch;
import dev.carillon.patch.PatchRenderer;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The views of one page and one shared scope, on this node. They are rendered once for all contexts, with the code of the oldest one, and sent to a
 * topic that only their streams are in; its random name is known to this process alone.
 *
 * <p>A view is rendered and sent under the lock, so every tab receives its contents in order, also those that a new stream gets by {@link #resend}.
 * A change is applied to the copy of the signal before {@link #changed} is called, so the last rendering shows the last change. Thread-safe. An
 * owner of the lock of a context may take this lock, but not the other way round.
 */
public final class ViewGroup implements Dependent {
    private static final Logger LOGGER = LoggerFactory.getLogger(ViewGroup.class);

    private final Tenant tenant;
    private final PatchRenderer renderer;
    private final Scope scope;
    private final Scope topic;
    private final PatchSender sender;
    private final PageMetrics metrics;
    private final ReadIndex reads;
    private final ReentrantLock lock = new ReentrantLock();
    // Below: guarded by lock.
    private final Map<String, Shared> views = new LinkedHashMap<>();
    private boolean closed;

    /** A view, and how each context would render it. */
    private record Shared(View view, Map<Dependent, Supplier<String>> sources) {}

    /**
     * A page.
     *
     * @param pattern of its path
     * @param renderer of its patches
     */
    public record Page(String pattern, PatchRenderer renderer) {}

    ViewGroup(
            Tenant tenant,
            PatchRenderer renderer,
            Scope scope,
            Scope topic,
            PatchSender sender,
            Dependents dependents,
            PageMetrics metrics) {
        this.tenant = tenant;
        this.renderer = renderer;
        this.scope = scope;
        this.topic = topic;
        this.sender = sender;
        this.metrics = metrics;
        this.reads = new ReadIndex(dependents, this);
    }

    public Scope topic() {
        return topic;
    }

    /**
     * Adds a context, and renders its views if no other context has them.
     *
     * @return false: the last context has left, and the group cannot be used any more
     */
    boolean join(Dependent context, Map<String, Supplier<String>> sources) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            try {
                sources.forEach((name, source) -> {
                    Shared shared =
                            views.computeIfAbsent(name, n -> new Shared(new View(n, scope), new LinkedHashMap<>()));
                    shared.sources().put(context, source);
                    if (shared.view().version() == 0) {
                        boolean _ = render(shared, null);
                    } else {
                        metrics.cacheHit();
                        ViewTrace.fromCache(name, scope);
                    }
                });
            } catch (RuntimeException e) {
                leave(context);
                throw e;
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Removes a context; returns whether it was the last one. */
    boolean leave(Dependent context) {
        lock.lock();
        try {
            views.values().removeIf(shared -> {
                shared.sources().remove(context);
                return shared.sources().isEmpty();
            });
            reads.keepOnly(views.values().stream().map(Shared::view).toList());
            closed = views.isEmpty();
            return closed;
        } finally {
            lock.unlock();
        }
    }

    public View.Content content(String name) {
        lock.lock();
        try {
            Shared shared = views.get(name);
            if (shared == null) {
                throw new IllegalStateException("view \"" + name + "\" has ended");
            }
            return shared.view().content();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sends a tab the views that have changed.
     *
     * @param seen versions that its page showed, by name
     */
    public void resend(Scope tab, Map<String, Long> seen) {
        lock.lock();
        try {
            List<Patch> patches = new ArrayList<>();
            for (Shared shared : views.values()) {
                View.Content content = shared.view().content();
                Long version = seen.get(content.name());
                if (version != null && version != content.version()) {
                    patches.add(content.resent(version));
                }
            }
            sender.send(renderer, tenant, tab, patches);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void changed(Set<SignalKey> keys) {
        lock.lock();
        try {
            List<Patch> patches = new ArrayList<>();
            for (Shared shared : views.values()) {
                if (shared.view().readsAny(keys) && renderOrLog(shared, keys)) {
                    patches.addAll(shared.view().changes());
                }
            }
            reads.keepOnly(views.values().stream().map(Shared::view).toList());
            sender.send(renderer, tenant, topic, patches);
        } finally {
            lock.unlock();
        }
    }

    /** Renders all views, because their templates are others now, and sends them. */
    void renderAgain() {
        lock.lock();
        try {
            List<Patch> patches = new ArrayList<>();
            for (Shared shared : views.values()) {
                if (renderOrLog(shared, shared.view().reads())) {
                    patches.addAll(shared.view().changes());
                }
            }
            sender.send(renderer, tenant, topic, patches);
        } finally {
            lock.unlock();
        }
    }

    /** Notes in the trace the views of which it has nothing. */
    void traceNotAffected() {
        lock.lock();
        try {
            ViewTrace.notAffected(views.values().stream().map(Shared::view).toList(), scope);
        } finally {
            lock.unlock();
        }
    }

    private boolean renderOrLog(Shared shared, Set<SignalKey> changed) {
        try {
            return render(shared, changed);
        } catch (Exception | StackOverflowError | LinkageError | AssertionError e) {
            LOGGER.atError()
                    .addKeyValue("view", shared.view().content().name())
                    .addKeyValue("scope", scope)
                    .setCause(e)
                    .log("a view could not be rendered; its tabs keep the last content");
            return false;
        }
    }

    private boolean render(Shared shared, @Nullable Set<SignalKey> changed) {
        try {
            Supplier<String> source = shared.sources().values().iterator().next();
            boolean renewed = ViewTrace.rendering(
                    shared.view(), scope, changed, () -> shared.view().render(source, reads::add));
            metrics.rendered(true, renewed);
            return renewed;
        } catch (Throwable e) {
            metrics.renderFailed(true);
            throw e;
        }
    }
}
