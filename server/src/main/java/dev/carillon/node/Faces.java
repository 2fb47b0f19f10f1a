package dev.carillon.node;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.CachingAuthorizer;
import dev.carillon.auth.JwtAuthorizer;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Broker;
import dev.carillon.context.Contexts;
import dev.carillon.delivery.Listeners;
import dev.carillon.fanout.FanOut;
import dev.carillon.feed.Feed;
import dev.carillon.history.History;
import dev.carillon.history.Opening;
import dev.carillon.http.Origins;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import dev.carillon.http.Streams;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.mercure.ActiveSubscriptions;
import dev.carillon.mercure.MercureHub;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.stream.BroadcastHandler;
import dev.carillon.stream.ContextStreams;
import dev.carillon.stream.EventsHandler;
import dev.carillon.stream.HistoryHandler;
import dev.carillon.stream.WebSocketHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.Methods;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What a node serves to clients: the faces, composed of its rooms. */
final class Faces {
    /** Where streams are: refused as such. */
    static final Set<String> STREAMS = Set.of("/events", MercureHub.PATH);

    private static final String BROADCAST = "/broadcast";

    private final NodeConfig config;
    private final Rooms rooms;
    private final CachingAuthorizer authorizer;
    private final Sessions sessions;
    private final Origins origins;
    private final StartPage startPage;
    private final Streams streams;
    private final @Nullable MercureHub hub;

    /**
     * What they are composed of.
     *
     * @param subscriptions of the hub; null: nobody asks for them
     * @param accepting whether the node takes new streams
     */
    record Rooms(
            Broker broker,
            FanOut fanOut,
            Feed feed,
            Contexts contexts,
            @Nullable ActiveSubscriptions subscriptions,
            Broadcaster broadcaster,
            Listeners listeners,
            MemoryBudget budget,
            InstantSource clock,
            BooleanSupplier accepting) {}

    /** @param given decides about tokens in place of JWT; null: JWT */
    Faces(NodeConfig config, Rooms rooms, @Nullable Authorizer given) {
        this.config = config;
        this.rooms = rooms;
        this.authorizer = new CachingAuthorizer(
                given == null ? new JwtAuthorizer(config.jwt(), rooms.clock()) : given, rooms.clock());
        this.sessions = new Sessions(config.http(), rooms.clock());
        this.origins = new Origins(config.http());
        this.startPage = new StartPage(config);
        ScopePolicies policies = config.brokerOptions().policies();
        this.streams = new Streams(
                rooms.feed(),
                rooms.fanOut(),
                new Opening(rooms.broker(), rooms.fanOut(), policies, rooms.budget()),
                config.limits().stallTimeout());
        this.hub = config.mercure().on()
                ? new MercureHub(
                        config.mercure(),
                        config.http(),
                        new MercureHub.Below(
                                origins,
                                streams,
                                rooms.broadcaster(),
                                rooms.broker().log(),
                                rooms.subscriptions(),
                                rooms.accepting(),
                                rooms.clock()))
                : null;
    }

    /**
     * Whether a request publishes with a token that was good for it when it was last verified: the first request of a token is counted,
     * and those of a bad token always are, so that the cost of verifying stays bounded.
     */
    boolean publishes(HttpServerExchange exchange) {
        String token = exchange.getRequestMethod().equals(Methods.POST) ? Requests.bearer(exchange) : null;
        if (token == null) {
            return false;
        }
        return switch (exchange.getRequestPath()) {
            case BROADCAST ->
                authorizer
                        .last(token)
                        .filter(grants -> !grants.broadcast().isEmpty())
                        .isPresent();
            case MercureHub.PATH -> hub != null && hub.published(token);
            default -> false;
        };
    }

    Origins origins() {
        return origins;
    }

    NodeServices services(RoutingHandler routes) {
        return new Services(
                config.nodeId(),
                rooms.broker().store(),
                rooms.broadcaster(),
                rooms.listeners(),
                rooms.feed(),
                authorizer,
                sessions,
                origins,
                routes,
                startPage,
                config.mercure().on() ? MercureHub.LINK : null);
    }

    void add(RoutingHandler routes) {
        startPage.addTo(routes);
        ContextStreams contextStreams = new ContextStreams(
                config.nodeId(), authorizer, sessions, origins, rooms.contexts(), streams, rooms.accepting());
        routes.get(
                "/events",
                new EventsHandler(contextStreams, origins, config.http().compression()));
        routes.get("/ws", new WebSocketHandler(contextStreams, origins));
        routes.post(BROADCAST, new BroadcastHandler(authorizer, origins, rooms.broadcaster()));
        routes.get(
                "/history",
                new HistoryHandler(
                        authorizer,
                        sessions,
                        origins,
                        new History(rooms.broker().log(), config.brokerOptions().policies())));
        if (hub != null) {
            hub.addTo(routes);
        }
    }
}
