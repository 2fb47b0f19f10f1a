package dev.carillon.node;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.CachingAuthorizer;
import dev.carillon.base.Platform;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Broker;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.context.Contexts;
import dev.carillon.delivery.Delivery;
import dev.carillon.delivery.Listeners;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.fanout.FanOut;
import dev.carillon.feed.Feed;
import dev.carillon.history.Catchup;
import dev.carillon.history.History;
import dev.carillon.http.Endpoint;
import dev.carillon.http.Origins;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import dev.carillon.jwt.JwtAuthorizer;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.mercure.MercureHub;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.stream.EventsHandler;
import dev.carillon.stream.StreamEndpoint;
import dev.carillon.transport.Streams;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.Methods;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a node serves to clients: a list of endpoints, on the parts of the node. */
final class Endpoints implements AutoCloseable {
    /** A client that loses its connection comes back after this, at random, so that thousands do not come at once. */
    private static final int RETRY_MIN_MILLIS = 500;

    private static final int RETRY_MAX_MILLIS = 2_500;

    private final NodeConfig config;
    private final Parts parts;
    private final CachingAuthorizer authorizer;
    private final Sessions sessions;
    private final Origins origins;
    private final StartPage startPage;
    private final EventsHandler events;
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final Set<String> streamPaths;
    /** Null: the listener is not open yet. */
    private volatile @Nullable ExtensionRoutes extensions;

    /**
     * What they are made of.
     *
     * @param accepting whether the node takes new streams
     */
    record Parts(
            Broker broker,
            FanOut fanOut,
            Feed feed,
            Contexts contexts,
            NodeRegistry registry,
            Broadcaster broadcaster,
            Listeners listeners,
            MemoryBudget budget,
            Platform platform,
            BooleanSupplier accepting) {}

    /** @param given decides about tokens in place of JWT; null: JWT */
    Endpoints(NodeConfig config, Parts parts, @Nullable Authorizer given) {
        this.config = config;
        this.parts = parts;
        Platform platform = parts.platform();
        this.authorizer = new CachingAuthorizer(
                given == null ? new JwtAuthorizer(config.jwt(), platform) : given,
                platform.clock(),
                platform.nanoTime());
        this.sessions = new Sessions(config.http(), platform.clock(), platform.secureRandom());
        this.origins = new Origins(config.http());
        this.startPage = new StartPage(config);
        ScopePolicies policies = config.brokerOptions().policies();
        Delivery delivery = new Delivery(
                parts.feed(),
                parts.fanOut(),
                new Catchup(parts.broker(), parts.fanOut(), policies, parts.budget(), platform.nanoTime()),
                () -> platform.random().nextInt(RETRY_MIN_MILLIS, RETRY_MAX_MILLIS));
        Streams streams = new Streams(delivery, config.limits().stallTimeout());
        endpoints.add(startPage);
        StreamEndpoint stream = new StreamEndpoint(new StreamEndpoint.Dependencies(
                config.nodeId(),
                authorizer,
                sessions,
                origins,
                parts.contexts(),
                streams,
                parts.broadcaster(),
                new History(parts.broker().log(), policies),
                parts.accepting(),
                config.http().compression()));
        events = stream.events();
        endpoints.add(stream);
        if (config.mercure().on()) {
            endpoints.add(new MercureHub(
                    config.mercure(),
                    config.http(),
                    new MercureHub.Dependencies(
                            config.nodeId(),
                            origins,
                            streams,
                            parts.broadcaster(),
                            parts.broker(),
                            parts.registry(),
                            parts.accepting(),
                            platform)));
        }
        streamPaths = endpoints.stream()
                .flatMap(endpoint -> endpoint.streamPaths().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Whether a path is that of a stream, also of an extension's. */
    boolean isStream(String path) {
        ExtensionRoutes added = extensions;
        return streamPaths.contains(path) || added != null && added.isStream(path);
    }

    /**
     * As {@link Endpoint#isTrustedPublisher}: the first request of a token is counted, and those of a bad token always are, so that the
     * cost of verifying stays bounded.
     */
    boolean isTrustedPublisher(HttpServerExchange exchange) {
        String token = exchange.getRequestMethod().equals(Methods.POST) ? Requests.bearer(exchange) : null;
        if (token == null) {
            return false;
        }
        for (Endpoint endpoint : endpoints) {
            if (endpoint.isTrustedPublisher(exchange, token)) {
                return true;
            }
        }
        return false;
    }

    Origins origins() {
        return origins;
    }

    /** Of the routes that extensions add; closed by its owner. */
    ExtensionRoutes extensionRoutes(RoutingHandler routes) {
        ExtensionRoutes added = new ExtensionRoutes(
                routes,
                authorizer,
                origins,
                sessions,
                events,
                parts.platform().threads().each("carillon-extension"));
        extensions = added;
        return added;
    }

    ExtensionContext services(RoutingHandler routes, ExtensionRoutes extensions) {
        return new Services(
                config.nodeId(),
                parts.broker().store(),
                parts.broadcaster(),
                parts.listeners(),
                parts.feed(),
                extensions,
                routes,
                startPage,
                config.mercure().on() ? MercureHub.LINK : null);
    }

    void addTo(RoutingHandler routes) {
        endpoints.forEach(endpoint -> endpoint.addTo(routes));
    }

    void tick() {
        endpoints.forEach(Endpoint::tick);
    }

    @Override
    public void close() {
        endpoints.reversed().forEach(Endpoint::close);
    }
}
