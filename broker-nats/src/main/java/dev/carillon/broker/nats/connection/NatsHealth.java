package dev.carillon.broker.nats.connection;

import dev.carillon.broker.Health;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.WriteRefusal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the link tells of itself. {@link NatsLink} alone changes it, except for the outstanding bytes. */
public final class NatsHealth implements Health {
    private static final Logger LOGGER = LoggerFactory.getLogger(NatsHealth.class);

    private final List<Consumer<HealthEvent>> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong outstanding = new AtomicLong();
    /** Held while listeners are told: by one thread at a time. */
    private final ReentrantLock telling = new ReentrantLock();

    private final WriteRefusal refusal;
    private final InstantSource clock;
    private volatile @Nullable Instant awaySince;
    private volatile @Nullable Duration roundTrip;

    public NatsHealth(NatsAddress address, InstantSource clock) {
        this.clock = clock;
        this.awaySince = clock.instant();
        this.refusal = new WriteRefusal(address.toString());
    }

    @Override
    public boolean connected() {
        return awaySince == null;
    }

    @Override
    public Optional<Instant> awaySince() {
        return Optional.ofNullable(awaySince);
    }

    @Override
    public Optional<String> refusal() {
        return refusal.reason();
    }

    /** Notes whether the server has stored something that it should store. */
    public void wrote(@Nullable Throwable failure) {
        String why = Failures.refusal(failure);
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

    /** Takes bytes, if that leaves no more than the bound outstanding. */
    public boolean take(long bytes, long max) {
        if (outstanding.addAndGet(bytes) > max) {
            outstanding.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    public void give(long bytes) {
        outstanding.addAndGet(-bytes);
    }

    public void measured(Duration time) {
        roundTrip = time;
    }

    public void away(String reason) {
        if (awaySince == null) {
            awaySince = clock.instant();
            tell(new HealthEvent.Away(reason));
        }
    }

    public void connectedFirst() {
        awaySince = null;
    }

    public void back() {
        awaySince = null;
        tell(new HealthEvent.Back());
        tell(new HealthEvent.Doubt("reconnected"));
    }

    public void doubt(String reason) {
        tell(new HealthEvent.Doubt(reason));
    }

    private void tell(HealthEvent event) {
        telling.lock();
        try {
            for (Consumer<HealthEvent> listener : listeners) {
                try {
                    listener.accept(event);
                } catch (RuntimeException e) {
                    LOGGER.error("a listener of the broker's health failed", e);
                }
            }
        } finally {
            telling.unlock();
        }
    }
}
