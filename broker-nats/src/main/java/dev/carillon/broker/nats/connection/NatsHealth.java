package dev.carillon.broker.nats.connection;

import dev.carillon.broker.Health;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.WriteRefusal;
import io.nats.client.api.ClusterInfo;
import io.nats.client.api.Replica;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Health of the link. Only {@link NatsLink} changes it, except for the outstanding bytes. */
public final class NatsHealth implements Health {
    private static final Logger LOGGER = LoggerFactory.getLogger(NatsHealth.class);

    private final List<Consumer<HealthEvent>> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong outstanding = new AtomicLong();
    /** Held while listeners are notified, so that one thread at a time does it. */
    private final ReentrantLock notifying = new ReentrantLock();

    private final WriteRefusal refusal;
    private final InstantSource clock;
    private volatile @Nullable Instant unavailableSince;
    private volatile @Nullable Duration roundTrip;
    private volatile List<String> servers = List.of();

    public NatsHealth(NatsAddress address, InstantSource clock) {
        this.clock = clock;
        this.unavailableSince = clock.instant();
        this.refusal = new WriteRefusal(address.toString());
    }

    @Override
    public boolean connected() {
        return unavailableSince == null;
    }

    @Override
    public Optional<Instant> unavailableSince() {
        return Optional.ofNullable(unavailableSince);
    }

    @Override
    public List<String> servers() {
        return servers;
    }

    @Override
    public Optional<String> refusal() {
        return refusal.reason();
    }

    /** Records the outcome of a write. */
    public void writeFinished(@Nullable Throwable failure, boolean replicated) {
        String why = Failures.refusal(failure, replicated);
        if (failure == null) {
            refusal.stored();
        } else if (why != null) {
            refusal.refused(why);
        }
    }

    @Override
    public long outstandingBytes() {
        return outstanding.get();
    }

    @Override
    public Optional<Duration> roundTrip() {
        return Optional.ofNullable(roundTrip);
    }

    @Override
    public void listen(Consumer<HealthEvent> listener) {
        listeners.add(listener);
    }

    /** Reserves bytes if the outstanding bytes stay within the limit. */
    public boolean reserve(long bytes, long max) {
        if (outstanding.addAndGet(bytes) > max) {
            outstanding.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    public void release(long bytes) {
        outstanding.addAndGet(-bytes);
    }

    public void measured(Duration time) {
        roundTrip = time;
    }

    /** Notes the servers that have the stream of values: the leader, and the others with what they lack. */
    void seen(@Nullable ClusterInfo cluster) {
        String leader = cluster == null ? null : cluster.getLeader();
        if (cluster == null || leader == null) {
            servers = List.of();
            return;
        }
        List<Replica> replicas = cluster.getReplicas();
        servers = Stream.concat(
                        Stream.of(leader + " (leader)"),
                        replicas == null ? Stream.of() : replicas.stream().map(NatsHealth::described))
                .toList();
    }

    private static String described(Replica replica) {
        return replica.getName() + (replica.isOffline() ? " (offline)" : replica.isCurrent() ? "" : " (catches up)");
    }

    public void unavailable(String reason) {
        if (unavailableSince == null) {
            unavailableSince = clock.instant();
            notifyListeners(new HealthEvent.Unavailable(reason));
        }
    }

    public void firstConnected() {
        unavailableSince = null;
    }

    public void reconnected() {
        unavailableSince = null;
        notifyListeners(new HealthEvent.Connected());
        notifyListeners(new HealthEvent.PossibleLoss("reconnected"));
    }

    public void possibleLoss(String reason) {
        notifyListeners(new HealthEvent.PossibleLoss(reason));
    }

    private void notifyListeners(HealthEvent event) {
        notifying.lock();
        try {
            for (Consumer<HealthEvent> listener : listeners) {
                try {
                    listener.accept(event);
                } catch (RuntimeException e) {
                    LOGGER.error("a listener of the broker's health failed", e);
                }
            }
        } finally {
            notifying.unlock();
        }
    }
}
