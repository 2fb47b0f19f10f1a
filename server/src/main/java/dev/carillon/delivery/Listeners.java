package dev.carillon.delivery;

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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The application's own listeners, beside the connections of clients: each has an {@link EventHandler} for the events of one scope. Lies
 * between the feed and the connections. Thread-safe; never blocks.
 */
public final class Listeners implements FeedListener, AutoCloseable {
    private final FeedListener connections;
    private final Counter gaps;
    private final AtomicLong opened = new AtomicLong();
    private final Map<Interest, List<Listening>> byInterest = new ConcurrentHashMap<>();
    private volatile @Nullable Feed feed;
    private volatile boolean closed;

    /** @param connections takes all that comes, too */
    public Listeners(FeedListener connections, MeterRegistry registry) {
        this.connections = connections;
        this.gaps = registry.counter("carillon.listener.gaps");
    }

    /** The feed that hands events to this, once it is there. */
    public void follow(Feed value) {
        feed = value;
    }

    /**
     * Hands the handler every event of a scope that is broadcast from now on, private ones too.
     *
     * @return completes when no later event is missed without notice; fails where the broker is away, or memory is refused. Closing what
     *     it completes with ends the listening
     */
    public CompletionStage<AutoCloseable> listen(Tenant tenant, Scope scope, EventHandler handler) {
        Feed from = feed;
        if (from == null || closed) {
            throw new IllegalStateException("the node does not serve");
        }
        Interest interest = Interest.in(tenant, scope);
        Listening listening = new Listening(handler, gaps, "carillon-listener-" + opened.incrementAndGet());
        byInterest.computeIfAbsent(interest, i -> new CopyOnWriteArrayList<>()).add(listening);
        List<Interest> wanted = List.of(interest);
        return from.join(wanted, MemoryBudget.NO_ADDRESS).handle((joined, e) -> {
            if (e != null) {
                remove(interest, listening);
                throw e instanceof RuntimeException known ? known : new IllegalStateException(e);
            }
            return () -> {
                if (remove(interest, listening)) {
                    from.leave(wanted, MemoryBudget.NO_ADDRESS);
                }
            };
        });
    }

    private boolean remove(Interest interest, Listening listening) {
        boolean[] was = {false};
        byInterest.computeIfPresent(interest, (i, list) -> {
            was[0] = list.remove(listening);
            return list.isEmpty() ? null : list;
        });
        listening.close();
        return was[0];
    }

    /** An event that no log has. */
    public void deliverLocally(Event event, String id) {
        each(event, listening -> listening.event(event, id));
    }

    @Override
    public void deliver(Live live) {
        connections.deliver(live);
        if (!byInterest.isEmpty()) {
            each(live.event(), listening -> listening.event(live.event(), live.id()));
        }
    }

    @Override
    public CompletionStage<Void> settled() {
        return connections.settled();
    }

    @Override
    public void late(Live live) {
        connections.late(live);
        each(live.event(), listening -> listening.gap(EventHandler.Gap.LATE));
    }

    @Override
    public void lost(Collection<Interest> interests, Position after) {
        connections.lost(interests, after);
        for (Interest interest : interests) {
            if (interest instanceof Interest.All(Tenant tenant)) {
                ofTenant(tenant, EventHandler.Gap.LOST);
            } else {
                byInterest.getOrDefault(interest, List.of()).forEach(l -> l.gap(EventHandler.Gap.LOST));
            }
        }
    }

    @Override
    public void mayHaveLost(Tenant tenant, Position after) {
        connections.mayHaveLost(tenant, after);
        ofTenant(tenant, EventHandler.Gap.EPOCH);
    }

    private void ofTenant(Tenant tenant, EventHandler.Gap gap) {
        byInterest.forEach((interest, list) -> {
            if (interest.tenant().equals(tenant)) {
                list.forEach(listening -> listening.gap(gap));
            }
        });
    }

    private void each(Event event, Consumer<Listening> action) {
        for (Scope scope : event.scopes()) {
            byInterest
                    .getOrDefault(Interest.in(event.tenant(), scope), List.of())
                    .forEach(action);
        }
    }

    /** Ends all listening; what waits is not handed on. */
    @Override
    public void close() {
        closed = true;
        byInterest.values().forEach(list -> list.forEach(Listening::close));
        byInterest.clear();
    }
}
