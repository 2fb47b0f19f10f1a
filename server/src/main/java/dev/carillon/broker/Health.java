package dev.carillon.broker;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** How the link to the broker is. Reads never block and never ask the server. */
public interface Health {
    /** Whether commands are answered and live events come; a silent peer is noticed within 10 s. */
    boolean connected();

    /** Since when it is not; empty while it is connected. */
    Optional<Instant> awaySince();

    /**
     * Why the broker stores nothing although it answers, as its server says: its memory or disk is full, say. Empty while it stores
     * what is broadcast, and while that is not known. Noticed within 10 s, whether anything is broadcast or not.
     */
    default Optional<String> refusal() {
        return Optional.empty();
    }

    /** Bytes of broadcasts that wait for their answer. */
    long outstandingBytes();

    /** The last measured time from question to answer; empty before the first. Measured at least every 5 s. */
    Optional<Duration> roundTrip();

    /** Adds a listener of what changes; it must not block. Listeners are told by one thread at a time. */
    void listen(Consumer<HealthEvent> listener);
}
