package dev.carillon.stream;

import dev.carillon.auth.NodeAuthorizer;
import dev.carillon.base.Key;
import dev.carillon.base.Platform;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Log;
import dev.carillon.context.ContextMoves;
import dev.carillon.context.Contexts;
import dev.carillon.fanout.FanOut;
import dev.carillon.history.History;
import dev.carillon.http.Endpoint;
import dev.carillon.http.Origins;
import dev.carillon.http.Sessions;
import dev.carillon.http.StaticFile;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.presence.ScopePresence;
import dev.carillon.revocation.Revocations;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.transport.Streams;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** The native endpoint: {@code /events} with {@code /events/renew}, {@code /ws}, {@code /broadcast}, {@code /history}, {@code /position}, {@code /presence}; and {@code /carillon.js}, which pages use them with. */
public final class StreamEndpoint implements Endpoint {
    public static final List<Key<?>> KEYS = StreamConfig.KEYS;

    private static final String EVENTS = "/events";
    private static final String BROADCAST = "/broadcast";
    private static final String MODULE = "carillon.js";

    private final Dependencies dependencies;
    private final ContextStreams streams;
    private final EventsHandler events;
    private final WebSocketHandler webSockets;
    private final TokenRenewal renewal;

    /**
     * What the endpoint uses.
     *
     * @param elsewhere renews connections of other nodes
     * @param moves brings contexts of other nodes here
     * @param acceptsStreams whether the node accepts new streams
     * @param compression whether streams may be compressed
     */
    public record Dependencies(
            StreamConfig config,
            String nodeId,
            NodeAuthorizer authorizer,
            Sessions sessions,
            Origins origins,
            Contexts contexts,
            Streams streams,
            Revocations revocations,
            Broadcaster broadcaster,
            History history,
            Log log,
            ScopePresence presence,
            ScopePolicies policies,
            FanOut fanOut,
            Renewal elsewhere,
            ContextMoves moves,
            BooleanSupplier acceptsStreams,
            boolean compression,
            MemoryBudget budget,
            MeterRegistry registry,
            Platform platform) {}

    public StreamEndpoint(Dependencies dependencies) {
        this.dependencies = dependencies;
        this.streams = new ContextStreams(
                dependencies.nodeId(),
                dependencies.authorizer(),
                dependencies.sessions(),
                dependencies.origins(),
                dependencies.contexts(),
                dependencies.moves(),
                dependencies.streams(),
                dependencies.revocations(),
                dependencies.acceptsStreams());
        this.events = new EventsHandler(
                streams,
                dependencies.origins(),
                dependencies.compression(),
                dependencies.config().pingInterval(),
                dependencies.platform().clock());
        this.renewal = new TokenRenewal(dependencies.authorizer(), dependencies.revocations(), dependencies.fanOut());
        AtomicInteger unauthenticated = new AtomicInteger();
        Gauge.builder("carillon.connections.unauthenticated", unauthenticated::get)
                .description("Open WebSockets that have not sent a valid token yet")
                .register(dependencies.registry());
        this.webSockets = new WebSocketHandler(
                new WebSocketService(
                        dependencies.config(),
                        streams,
                        dependencies.contexts(),
                        dependencies.authorizer(),
                        dependencies.broadcaster(),
                        dependencies.budget(),
                        dependencies.platform().clock(),
                        unauthenticated),
                dependencies.sessions(),
                dependencies.origins(),
                dependencies.compression());
    }

    /** Renews tokens of streams of this node. */
    public TokenRenewal renewal() {
        return renewal;
    }

    /** Opens streams of this endpoint and of extensions. */
    public EventsHandler events() {
        return events;
    }

    @Override
    public void addTo(RoutingHandler routes) {
        routes.get(EVENTS, events);
        routes.get("/ws", webSockets);
        routes.get("/" + MODULE, StaticFile.of(StreamEndpoint.class, MODULE).shared());
        routes.post(
                RenewHandler.ROUTE,
                new RenewHandler(
                        dependencies.authorizer(),
                        dependencies.sessions(),
                        dependencies.origins(),
                        renewal,
                        dependencies.elsewhere(),
                        dependencies.platform().clock()));
        routes.post(
                BROADCAST,
                new BroadcastHandler(dependencies.authorizer(), dependencies.origins(), dependencies.broadcaster()));
        routes.get(
                "/history",
                new HistoryHandler(
                        dependencies.authorizer(),
                        dependencies.sessions(),
                        dependencies.revocations(),
                        dependencies.origins(),
                        dependencies.history()));
        routes.get(
                "/position",
                new PositionHandler(
                        dependencies.authorizer(),
                        dependencies.sessions(),
                        dependencies.revocations(),
                        dependencies.origins(),
                        dependencies.log()));
        routes.get(
                "/presence",
                new PresenceHandler(
                        dependencies.authorizer(),
                        dependencies.sessions(),
                        dependencies.revocations(),
                        dependencies.origins(),
                        dependencies.presence(),
                        dependencies.policies(),
                        dependencies.log()));
    }

    @Override
    public Set<String> streamPaths() {
        return Set.of(EVENTS);
    }

    @Override
    public boolean isTrustedPublisher(HttpServerExchange exchange, String token) {
        return exchange.getRequestPath().equals(BROADCAST)
                && dependencies
                        .authorizer()
                        .last(token)
                        .filter(grants -> !grants.broadcast().isEmpty()
                                && !dependencies.revocations().isRevoked(grants))
                        .isPresent();
    }
}
