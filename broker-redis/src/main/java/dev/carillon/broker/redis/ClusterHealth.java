package dev.carillon.broker.redis;

import dev.carillon.broker.Health;
import dev.carillon.broker.HealthEvent;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** State of the links to a cluster: connected while every server with slots is. Only the thread of {@link ClusterBroker} notifies. */
final class ClusterHealth implements Health {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClusterHealth.class);

    private final ClusterRoutes routes;
    private final InstantSource clock;
    private final List<Consumer<HealthEvent>> listeners = new CopyOnWriteArrayList<>();
    /** Start of the outage; null: none. */
    private volatile @Nullable Instant unavailable;

    ClusterHealth(ClusterRoutes routes, InstantSource clock) {
        this.routes = routes;
        this.clock = clock;
        this.unavailable = clock.instant();
    }

    private Stream<Health> links() {
        return routes.brokers().stream().map(RedisBroker::health);
    }

    @Override
    public boolean connected() {
        return unavailable == null && allConnected();
    }

    @Override
    public Optional<Instant> unavailableSince() {
        Optional<Instant> link =
                links().flatMap(one -> one.unavailableSince().stream()).min(Comparator.naturalOrder());
        return link.isPresent() ? link : Optional.ofNullable(unavailable);
    }

    @Override
    public Optional<String> refusal() {
        return links().flatMap(link -> link.refusal().stream()).findFirst();
    }

    @Override
    public long outstandingBytes() {
        return links().mapToLong(Health::outstandingBytes).sum();
    }

    /** The longest. */
    @Override
    public Optional<Duration> roundTrip() {
        return links().flatMap(link -> link.roundTrip().stream()).max(Comparator.naturalOrder());
    }

    @Override
    public void listen(Consumer<HealthEvent> listener) {
        listeners.add(listener);
    }

    boolean allConnected() {
        return links().allMatch(Health::connected);
    }

    /** Notifies of a change since the last call. */
    void update() {
        boolean connects = !routes.brokers().isEmpty() && allConnected();
        if (connects && unavailable != null) {
            unavailable = null;
            notifyListeners(new HealthEvent.Connected());
        } else if (!connects && unavailable == null) {
            unavailable = clock.instant();
            notifyListeners(new HealthEvent.Unavailable("a server of the Redis Cluster is unavailable"));
        }
    }

    /** Notes that all servers are connected, before there are listeners. */
    void started() {
        unavailable = null;
    }

    void possibleLoss(String reason) {
        notifyListeners(new HealthEvent.PossibleLoss(reason));
    }

    private void notifyListeners(HealthEvent event) {
        for (Consumer<HealthEvent> listener : listeners) {
            try {
                listener.accept(event);
            } catch (RuntimeException e) {
                LOGGER.error("a listener of the broker's health failed", e);
            }
        }
    }
}
