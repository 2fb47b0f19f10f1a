package dev.carillon.broker;

import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * State of the link to the broker. Reads never block and never ask the server. A broker of several servers can be connected for some tenants
 * and unavailable for others.
 */
public interface Health {
    /** Whether commands of all tenants are answered and their live events arrive; a silent server is detected within 10 s. */
    boolean connected();

    /** As {@link #connected()}, for one tenant. */
    default boolean connected(Tenant tenant) {
        return connected();
    }

    /** Addresses, without secrets, of the servers that are unavailable for some tenants; empty for a broker that has only one. */
    default List<String> unavailableServers() {
        return List.of();
    }

    /**
     * The servers as they were last seen, by name or address without secrets, each with its role where that is known, such as {@code n2 (leader)}; for operators. Empty:
     * the driver knows no more than its address.
     */
    default List<String> servers() {
        return List.of();
    }

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

    /**
     * Adds a listener for health events; it must not block. Listeners are notified by one thread at a time. Between {@link
     * HealthEvent.Unavailable} and {@link HealthEvent.PossibleLoss} of a tenant, its live events may arrive with gaps.
     */
    void listen(Consumer<HealthEvent> listener);
}
