package dev.carillon.broker.redis.cluster;

import dev.carillon.broker.AffectedTenants;
import dev.carillon.broker.Health;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.redis.RedisBroker;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * State of the links to a cluster, by tenant.
 *
 * <p>The loss of a link is reported at once, on the link's thread: when it is open again, live events flow before anything else is known, and
 * must wait. That a tenant is connected is reported by the thread of {@link ClusterBroker}, when its server is connected and all its interests
 * are joined there; before they are joined elsewhere, the tenant is reported as unavailable. Listeners are notified with the monitor held.
 */
final class ClusterHealth implements Health {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClusterHealth.class);

    private static final String OUTAGE = "slots of the cluster move, or their server is unavailable";

    private final ClusterRoutes routes;
    private final Supplier<BitSet> connectedSlots;
    private final InstantSource clock;
    private final List<Consumer<HealthEvent>> listeners = new CopyOnWriteArrayList<>();

    /** As last reported. Modified with the monitor held. */
    private volatile ConnectedSlots reported = ConnectedSlots.NONE;
    /** Start of the outage of any tenant; null: none. Modified with the monitor held. */
    private volatile @Nullable Instant unavailable;

    /** Accessed with the monitor held. */
    private boolean closed;

    ClusterHealth(ClusterRoutes routes, InstantSource clock) {
        this(routes, routes::connectedSlots, clock);
    }

    /** @param connectedSlots the slots of servers that are connected */
    ClusterHealth(ClusterRoutes routes, Supplier<BitSet> connectedSlots, InstantSource clock) {
        this.routes = routes;
        this.connectedSlots = connectedSlots;
        this.clock = clock;
        this.unavailable = clock.instant();
    }

    private Stream<Health> links() {
        return routes.brokers().stream().map(RedisBroker::health);
    }

    @Override
    public boolean connected() {
        return reported.isComplete();
    }

    @Override
    public boolean connected(Tenant tenant) {
        return reported.contains(tenant);
    }

    @Override
    public List<String> unavailableServers() {
        return routes.unavailable().map(ClusterSlots.Server::toString).sorted().toList();
    }

    /** The primaries. */
    @Override
    public List<String> servers() {
        return routes.servers().map(server -> server + " (primary)").sorted().toList();
    }

    @Override
    public Optional<Instant> unavailableSince() {
        return Optional.ofNullable(unavailable);
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

    /** Notes which servers are connected, before there are listeners. */
    synchronized void started() {
        report(new ConnectedSlots(connectedSlots.get(), Set.of()), OUTAGE);
    }

    /** A link was lost. */
    synchronized void lost(ClusterSlots.Server server, String reason) {
        report(reported.without(routes.slots().slotsOf(server)), reason);
    }

    /** Some tenants begin to move. */
    synchronized void moving(Set<Tenant> tenants) {
        report(reported.within(connectedSlots.get(), tenants), OUTAGE);
    }

    /**
     * Links may be open again, and tenants may have moved. With the monitor, as a link that is lost meanwhile calls {@link #lost} after that.
     *
     * @param moving those that have not moved yet
     */
    synchronized void update(Set<Tenant> moving) {
        report(new ConnectedSlots(connectedSlots.get(), moving), OUTAGE);
    }

    /** A server's link may have missed something. For tenants that are not connected, the same is reported when they are. */
    synchronized void possibleLoss(ClusterSlots.Server server, String reason) {
        ConnectedSlots affected = reported.in(routes.slots().slotsOf(server));
        if (affected.exceeds(ConnectedSlots.NONE)) {
            notifyListeners(new HealthEvent.PossibleLoss(reason, affected::contains));
        }
    }

    /** The broker was closed: nothing is connected, and nothing is reported any more. */
    synchronized void close() {
        closed = true;
        reported = ConnectedSlots.NONE;
        if (unavailable == null) {
            unavailable = clock.instant();
        }
    }

    private void report(ConnectedSlots now, String reason) {
        if (closed) {
            return;
        }
        ConnectedSlots before = reported;
        reported = now;
        if (now.isComplete()) {
            unavailable = null;
        } else if (unavailable == null) {
            unavailable = clock.instant();
        }
        if (before.exceeds(now)) {
            notifyListeners(new HealthEvent.Unavailable(reason, before.minus(now)));
        }
        if (now.exceeds(before)) {
            AffectedTenants connected = now.minus(before);
            notifyListeners(new HealthEvent.Connected(connected));
            notifyListeners(new HealthEvent.PossibleLoss("connected to a server of the cluster", connected));
        }
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
