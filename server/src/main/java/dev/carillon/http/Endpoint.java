package dev.carillon.http;

import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import java.util.Set;

/** A part of a node that serves some paths; a node is composed of a list of endpoints. */
public interface Endpoint extends AutoCloseable {
    /** Adds its handlers; called once, before the node serves. Methods without a handler are answered with 405. */
    void addTo(RoutingHandler routes);

    /** The paths that answer with a stream, which are refused as streams when the node is full or drains. */
    default Set<String> streamPaths() {
        return Set.of();
    }

    /**
     * Whether a request publishes with a token that granted publishing when it was last verified: rate limits do not count such requests.
     * Runs on I/O threads for each POST with a token.
     *
     * @param token the token in the header {@code Authorization}
     */
    default boolean isTrustedPublisher(HttpServerExchange exchange, String token) {
        return false;
    }

    /** Called every two seconds while the node serves; must not block. */
    default void tick() {}

    /** Called once when the node stops, after its streams were notified. */
    @Override
    default void close() {}
}
