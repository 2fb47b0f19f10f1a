package dev.carillon.delivery;

import dev.carillon.base.Threads;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.feed.Feed;
import dev.carillon.feed.FeedListener;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Delivers events of the feed to handlers of the application, and passes all of them on to the connections of clients. Thread-safe; never
 * blocks.
 */
public final class Listeners implements FeedListener, AutoCloseable {
    private final FeedListener connections;
    private final MemoryBudget budget;
    private final Counter gaps;
    private final AtomicLong opened = new AtomicLong();
    private final Map<Interest, List<HandlerQueue>> queues = new ConcurrentHashMap<>();
    private final Threads threads;
    private volatile @Nullable Feed feed;
    private volatile boolean closed;

    /**
     * @param connections receives every call too
     * @param budget charged for queued events
     */
    public Listeners(FeedListener connections, MemoryBudget budget, MeterRegistry registry, Threads threads) {
        this.threads = threads;
        this.connections = connections;
        this.budget = budget;
        this.gaps = Counter.builder("carillon.listener.gaps")
                .description("Gaps in the events of listeners of the embedding application")
                .register(registry);
    }

    /** Sets the feed that calls this listener; called once, before {@link #listen}. */
    public void follow(Feed value) {
        feed = value;
    }

    /**
     * Calls the handler for every event that is broadcast to the scopes from now on, including private ones: once each, in log order across
     * the scopes.
     *
     * @param scopes one or more
     * @return completes when the subscription is active; from then on no event is missed without a gap. Fails if the broker is unavailable, the memory budget
     *     refuses the charge, or the node does not serve. Closing the result ends the subscription and discards queued events; a call in progress is not
     *     interrupted
     */
    public CompletionStage<AutoCloseable> listen(Tenant tenant, Collection<Scope> scopes, EventHandler handler) {
        return listen(
                scopes.stream()
                        .map(scope -> Interest.in(tenant, scope))
                        .collect(Collectors.toCollection(LinkedHashSet::new)),
                handler);
    }

    /** As {@link #listen(Tenant, Collection, EventHandler)}, for all events of a tenant. */
    public CompletionStage<AutoCloseable> listenToAll(Tenant tenant, EventHandler handler) {
        return listen(Set.of(Interest.all(tenant)), handler);
    }

    private CompletionStage<AutoCloseable> listen(Set<Interest> wanted, EventHandler handler) {
        Feed from = feed;
        if (from == null || closed) {
            return CompletableFuture.failedFuture(new IllegalStateException("the node is not serving"));
        }
        HandlerQueue queue =
                new HandlerQueue(handler, budget, gaps, threads.each("carillon-listener-" + opened.incrementAndGet()));
        wanted.forEach(interest -> queues.compute(interest, (i, list) -> {
            List<HandlerQueue> of = list == null ? new CopyOnWriteArrayList<>() : list;
            of.add(queue);
            return of;
        }));
        if (closed) {
            // Closed concurrently, possibly before the queue was added.
            remove(wanted, queue);
            return CompletableFuture.failedFuture(new IllegalStateException("the node is not serving"));
        }
        return from.join(wanted, MemoryBudget.NO_ADDRESS).handle((joined, e) -> {
            if (e != null) {
                remove(wanted, queue);
                throw e instanceof CompletionException known ? known : new CompletionException(e);
            }
            AtomicBoolean left = new AtomicBoolean();
            return () -> {
                remove(wanted, queue);
                if (left.compareAndSet(false, true)) {
                    from.leave(wanted, MemoryBudget.NO_ADDRESS);
                }
            };
        });
    }

    private void remove(Collection<Interest> interests, HandlerQueue queue) {
        interests.forEach(interest -> queues.computeIfPresent(interest, (i, list) -> {
            list.remove(queue);
            return list.isEmpty() ? null : list;
        }));
        queue.close();
    }

    /** Number of scopes with a handler; for tests. */
    int count() {
        return queues.size();
    }

    /** Delivers an event that is in no log. */
    public void deliverLocally(Event event, String id) {
        each(event, queue -> queue.event(event, id));
    }

    @Override
    public void deliver(Live live) {
        connections.deliver(live);
        if (!queues.isEmpty()) {
            each(live.event(), queue -> queue.event(live.event(), live.id()));
        }
    }

    @Override
    public CompletionStage<Void> settled() {
        return connections.settled();
    }

    @Override
    public void late(Live live) {
        connections.late(live);
        each(live.event(), queue -> queue.gap(EventHandler.Gap.LATE));
    }

    @Override
    public void lost(Collection<Interest> interests, Position after) {
        connections.lost(interests, after);
        for (Interest interest : interests) {
            if (interest instanceof Interest.All(Tenant tenant)) {
                ofTenant(tenant, EventHandler.Gap.LOST);
            } else {
                queues.getOrDefault(interest, List.of()).forEach(queue -> queue.gap(EventHandler.Gap.LOST));
            }
        }
    }

    @Override
    public void mayHaveLost(Tenant tenant, Position after) {
        connections.mayHaveLost(tenant, after);
        ofTenant(tenant, EventHandler.Gap.EPOCH);
    }

    private void ofTenant(Tenant tenant, EventHandler.Gap gap) {
        queues.forEach((interest, list) -> {
            if (interest.tenant().equals(tenant)) {
                list.forEach(queue -> queue.gap(gap));
            }
        });
    }

    private void each(Event event, Consumer<HandlerQueue> action) {
        List<HandlerQueue> ofAll = queues.getOrDefault(Interest.all(event.tenant()), List.of());
        if (event.scopes().size() == 1 && ofAll.isEmpty()) {
            of(event, event.scopes().getFirst()).forEach(action);
            return;
        }
        Set<HandlerQueue> once = new LinkedHashSet<>(ofAll);
        event.scopes().forEach(scope -> once.addAll(of(event, scope)));
        once.forEach(action);
    }

    private List<HandlerQueue> of(Event event, Scope scope) {
        return queues.getOrDefault(Interest.in(event.tenant(), scope), List.of());
    }

    /** Ends all subscriptions and discards queued events; calls in progress are not interrupted. */
    @Override
    public void close() {
        closed = true;
        queues.values().forEach(list -> list.forEach(HandlerQueue::close));
        queues.clear();
    }
}
