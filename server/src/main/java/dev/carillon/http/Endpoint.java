package dev.carillon.http;

import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import java.util.Set;

/** What a node serves below some paths: a node is made of a list of them. */
public interface Endpoint extends AutoCloseable {
    /** Adds its handlers, once, before the node serves; a method that has none is answered 405. */
    void addTo(RoutingHandler routes);

    /** The paths that answer with a stream: when the node is full or drains, they are refused as streams are. */
    default Set<String> streamPaths() {
        return Set.of();
    }

    /**
     * Whether a request publishes with a token that was good for it when it was last verified: such are not counted by address. Runs on
     * I/O threads for each POST with a token.
     *
     * @param token of the header {@code Authorization}
     */
    default boolean isTrustedPublisher(HttpServerExchange exchange, String token) {
        return false;
    }

    /** Called every two seconds while the node serves; must not block. */
    default void tick() {}

    /** Called once when the node stops, after its streams were told. */
    @Override
    default void close() {}
}
