package dev.carillon.http;

import dev.carillon.base.Key;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** A part of the HTTP interface of a node: some routes and what they need. A node is composed of a list of endpoints. */
public interface Endpoint extends AutoCloseable {
    /**
     * Describes an endpoint before it is created.
     *
     * @param <C> what the node provides to its endpoints
     * @param keys settings that the endpoint declares
     * @param create creates the endpoint; empty when its settings switch it off
     */
    record Type<C>(List<Key<?>> keys, Function<C, Optional<Endpoint>> create) {}

    /** Adds the handlers; called once, before the node serves. Other methods on their paths are answered with 405. */
    void addTo(RoutingHandler routes);

    /** Paths whose answer is a stream. While the node is full or drains, requests for them are refused in a form that EventSource understands. */
    default Set<String> streamPaths() {
        return Set.of();
    }

    /**
     * Whether a request broadcasts with a token that was valid when it was last verified; such requests are exempt from the rate limit by
     * address. Called on I/O threads for each POST with a token.
     *
     * @param token value of the header {@code Authorization}
     */
    default boolean isTrustedPublisher(HttpServerExchange exchange, String token) {
        return false;
    }

    /** Called every two seconds while the node serves; must not block. */
    default void tick() {}

    /** Called once when the node begins to drain, before it refuses streams; must not block. Not called when the node stops without a drain. */
    default void drain() {}

    /** Called once when the node stops, after its streams were closed. */
    @Override
    default void close() {}
}
