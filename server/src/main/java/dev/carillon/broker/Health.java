package dev.carillon.broker;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** State of the link to the broker. Reads never block and never ask the server. */
public interface Health {
    /** Whether commands are answered and live events arrive; a silent server is detected within 10 s. */
    boolean connected();

    /** Start of the outage; empty while connected. */
    Optional<Instant> unavailableSince();

    /**
     * The reason, in the server's words, for which the broker answers but refuses writes, such as full memory or disk. Empty while it
     * accepts writes, and while that is unknown. Detected within 10 s, even without broadcasts.
     */
    default Optional<String> refusal() {
        return Optional.empty();
    }

    /** Bytes of broadcasts without an answer. */
    long outstandingBytes();

    /** The last measured round trip; empty before the first. Remote brokers measure at least every 5 s. */
    Optional<Duration> roundTrip();

    /** Adds a listener for health events; it must not block. Listeners are notified by one thread at a time. */
    void listen(Consumer<HealthEvent> listener);
}
