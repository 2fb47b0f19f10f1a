package dev.carillon.stream;

import dev.carillon.auth.CachingAuthorizer;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.context.Contexts;
import dev.carillon.history.History;
import dev.carillon.http.Endpoint;
import dev.carillon.http.Origins;
import dev.carillon.http.Sessions;
import dev.carillon.http.Streams;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.Methods;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** The native endpoint: {@code /events} and {@code /ws}, {@code /broadcast}, {@code /history}. */
public final class StreamEndpoint implements Endpoint {
    private static final String EVENTS = "/events";
    private static final String BROADCAST = "/broadcast";

    private final Below below;

    /**
     * What it stands on.
     *
     * @param accepting whether the node takes new streams
     * @param compression whether streams may be compressed
     */
    public record Below(
            String nodeId,
            CachingAuthorizer authorizer,
            Sessions sessions,
            Origins origins,
            Contexts contexts,
            Streams streams,
            Broadcaster broadcaster,
            History history,
            BooleanSupplier accepting,
            boolean compression) {}

    public StreamEndpoint(Below below) {
        this.below = below;
    }

    @Override
    public void addTo(RoutingHandler routes) {
        ContextStreams streams = new ContextStreams(
                below.nodeId(),
                below.authorizer(),
                below.sessions(),
                below.origins(),
                below.contexts(),
                below.streams(),
                below.accepting());
        routes.get(EVENTS, new EventsHandler(streams, below.origins(), below.compression()));
        routes.get("/ws", new WebSocketHandler(streams, below.origins()));
        routes.post(BROADCAST, new BroadcastHandler(below.authorizer(), below.origins(), below.broadcaster()));
        routes.get(
                "/history", new HistoryHandler(below.authorizer(), below.sessions(), below.origins(), below.history()));
    }

    @Override
    public Set<String> streamPaths() {
        return Set.of(EVENTS);
    }

    @Override
    public boolean isTrustedPublisher(HttpServerExchange exchange, String token) {
        return exchange.getRequestMethod().equals(Methods.POST)
                && exchange.getRequestPath().equals(BROADCAST)
                && below.authorizer()
                        .last(token)
                        .filter(grants -> !grants.broadcast().isEmpty())
                        .isPresent();
    }
}
