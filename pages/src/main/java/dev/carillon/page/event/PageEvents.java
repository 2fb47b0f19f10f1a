package dev.carillon.page.event;

import dev.carillon.base.CarillonException;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The events of a tenant that contexts of this node receive: one subscription for each scope, from its first receiver to its last. Thread-safe; no lock is
 * held while the broker is asked.
 */
public final class PageEvents {
    private static final Logger LOGGER = LoggerFactory.getLogger(PageEvents.class);

    private final Tenant tenant;
    private final ExtensionContext node;
    /** Each has a receiver, so the number of contexts and of scopes of a context bounds them. */
    private final Map<Scope, Subscription> subscriptions = new ConcurrentHashMap<>();

    public PageEvents(Tenant tenant, ExtensionContext node) {
        this.tenant = tenant;
        this.node = node;
    }

    /**
     * Adds a receiver of events of a scope, and of those for patterns. Returns when it misses no later event.
     *
     * @throws CarillonException as {@link ExtensionContext#listen} fails; the receiver is not added then
     */
    public void join(Scope scope, EventReceiver receiver) {
        try {
            await(scope, receiver);
        } catch (RuntimeException e) {
            leave(scope, receiver);
            throw e;
        }
    }

    /** As {@link #join}, of events for patterns only. */
    public void joinPatterns(EventReceiver receiver) {
        join(PatternEvents.CHANNEL, receiver);
    }

    private void await(Scope scope, EventReceiver receiver) {
        Subscription subscription = subscriptions.compute(scope, (s, known) -> {
            Subscription of = known == null ? new Subscription(s) : known;
            of.receivers.add(receiver);
            return of;
        });
        if (subscription.begun.compareAndSet(false, true)) {
            node.listen(tenant, List.of(scope), subscription).whenComplete((open, e) -> {
                if (e == null) {
                    subscription.open.complete(open);
                } else {
                    subscription.open.completeExceptionally(e);
                }
            });
        }
        try {
            AutoCloseable _ = subscription.open.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof CarillonException known ? known : e;
        }
    }

    public void leave(Scope scope, EventReceiver receiver) {
        subscriptions.computeIfPresent(scope, (s, subscription) -> {
            subscription.receivers.remove(receiver);
            if (!subscription.receivers.isEmpty()) {
                return subscription;
            }
            boolean _ = subscription.ended.complete(null);
            return null;
        });
    }

    public void leavePatterns(EventReceiver receiver) {
        leave(PatternEvents.CHANNEL, receiver);
    }

    /** Number of subscriptions. */
    public int count() {
        return subscriptions.size();
    }

    private static void close(AutoCloseable open) {
        try {
            open.close();
        } catch (Exception e) {
            LOGGER.debug("a subscription could not be closed: {}", e.getMessage());
        }
    }

    private static final class Subscription implements EventHandler {
        private final Scope scope;
        private final Set<EventReceiver> receivers = ConcurrentHashMap.newKeySet();
        private final AtomicBoolean begun = new AtomicBoolean();
        private final CompletableFuture<AutoCloseable> open = new CompletableFuture<>();
        private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

        Subscription(Scope scope) {
            this.scope = scope;
            // Both orders happen: the last receiver may leave before the subscription is open.
            CompletableFuture<?> _ =
                    open.thenCombine(ended, (subscription, x) -> subscription).thenAccept(PageEvents::close);
        }

        @Override
        public void event(Event event, String id) {
            if (scope.equals(PatternEvents.CHANNEL)) {
                PatternEvents.unpack(event, receivers);
            } else {
                receivers.forEach(receiver -> receiver.event(scope, event, id));
            }
        }

        @Override
        public void gap(Gap gap) {
            receivers.forEach(EventReceiver::gap);
        }
    }
}
