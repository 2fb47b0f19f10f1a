package dev.carillon.lab.simulation.broker;

import dev.carillon.broker.Health;
import dev.carillon.broker.HealthEvent;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** The health of a link, and who hears of its changes. */
final class LinkHealth implements Health {
    private final BooleanSupplier connected;
    private final InstantSource clock;
    private final List<Consumer<HealthEvent>> listeners = new ArrayList<>();

    LinkHealth(BooleanSupplier connected, InstantSource clock) {
        this.connected = connected;
        this.clock = clock;
    }

    void tell(HealthEvent event) {
        listeners.forEach(one -> one.accept(event));
    }

    @Override
    public boolean connected() {
        return connected.getAsBoolean();
    }

    @Override
    public Optional<Instant> unavailableSince() {
        return connected() ? Optional.empty() : Optional.of(clock.instant());
    }

    @Override
    public long outstandingBytes() {
        return 0;
    }

    @Override
    public Optional<Duration> roundTrip() {
        return Optional.empty();
    }

    @Override
    public void listen(Consumer<HealthEvent> consumer) {
        listeners.add(consumer);
    }
}
