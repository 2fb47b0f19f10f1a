package dev.carillon.node;

import dev.carillon.auth.NodeAuthorizer;
import dev.carillon.base.Platform;
import dev.carillon.delivery.Delivery;
import dev.carillon.delivery.MembershipListener;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.history.Catchup;
import dev.carillon.http.Endpoint;
import dev.carillon.http.Origins;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import dev.carillon.scope.Tenant;
import dev.carillon.stream.StreamEndpoint;
import dev.carillon.transport.Streams;
import dev.carillon.warmup.WarmUpEndpoint;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.Methods;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The endpoints of one node, and the routes that extensions add. */
final class Endpoints implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Endpoints.class);

    /** Bounds of the random reconnect delay, which keeps thousands of clients from reconnecting at once. */
    private static final int RETRY_MIN_MILLIS = 500;

    private static final int RETRY_MAX_MILLIS = 2_500;

    private final EndpointContext context;
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final Set<String> streamPaths;
    /** Null: the listener is not open yet. */
    private volatile @Nullable ExtensionRoutes extensions;

    /**
     * Creates the endpoints.
     *
     * @param elsewhere what other nodes own
     */
    Endpoints(NodeServices services, BooleanSupplier acceptsStreams, Elsewhere elsewhere, NodeAuthorizer authorizer) {
        NodeConfig config = services.config;
        Platform platform = services.platform;
        Delivery delivery = new Delivery(
                services.feed,
                services.fanOut,
                services.tenantLimits,
                new Catchup(
                        services.broker,
                        services.fanOut,
                        config.brokerOptions.policies(),
                        services.budget,
                        platform.nanoTime()),
                () -> platform.random().nextInt(RETRY_MIN_MILLIS, RETRY_MAX_MILLIS),
                config.brokerOptions.policies().anyPresence() ? services.presence::changed : MembershipListener.NONE);
        this.context = new EndpointContext(
                services,
                authorizer,
                new Sessions(config.http, platform.clock(), platform.secureRandom()),
                new Origins(config.http),
                new Streams(delivery, config.limits.stallTimeout(), acceptsStreams),
                elsewhere,
                acceptsStreams);
        EndpointTypes.ALL.forEach(type -> type.create().apply(context).ifPresent(endpoints::add));
        streamPaths = endpoints.stream()
                .flatMap(endpoint -> endpoint.streamPaths().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Whether the answer to a request for this path is a stream, of an endpoint or of an extension. */
    boolean isStream(String path) {
        ExtensionRoutes added = extensions;
        return streamPaths.contains(path) || added != null && added.isStream(path);
    }

    /**
     * As {@link Endpoint#isTrustedPublisher}. The first request with a token is counted, and so is every request with an invalid token: that
     * bounds the cost of verification.
     */
    boolean isTrustedPublisher(HttpServerExchange exchange) {
        String token = exchange.getRequestMethod().equals(Methods.POST) ? Requests.bearer(exchange) : null;
        return token != null && endpoints.stream().anyMatch(endpoint -> endpoint.isTrustedPublisher(exchange, token));
    }

    /** Replaces the token of the connections of a context of this node; completes with their number. */
    CompletionStage<Integer> renew(Tenant tenant, String context, String session, String token) {
        return endpoint(StreamEndpoint.class).renewal().renew(tenant, context, session, token);
    }

    /** Adds a link to the console to the page at {@code /}. */
    void linkConsole(String url) {
        endpoint(StartPage.class).linkFirst(url, "The console for operators: nodes, traffic and what happened, live");
    }

    Origins origins() {
        return context.origins();
    }

    WarmUpEndpoint warmUp() {
        return endpoint(WarmUpEndpoint.class);
    }

    Streams streams() {
        return context.streams();
    }

    /**
     * The routes that extensions add.
     *
     * @param stopping whether the node stops
     */
    ExtensionRoutes extensionRoutes(RoutingHandler routes, BooleanSupplier stopping) {
        ExtensionRoutes added = new ExtensionRoutes(
                routes,
                context,
                endpoint(StreamEndpoint.class).events(),
                context.services().platform.threads().each("carillon-extension"),
                stopping);
        extensions = added;
        return added;
    }

    ExtensionContext extensionContext(
            RoutingHandler routes, ExtensionRoutes added, ExtensionCalls calls, ExtensionDrains drains) {
        return new NodeExtensionContext(
                context.services(),
                added,
                calls,
                drains,
                new ReservedContexts(context.services().contexts),
                context.sessions(),
                routes,
                endpoint(StartPage.class));
    }

    private <E extends Endpoint> E endpoint(Class<E> type) {
        return endpoints.stream()
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElseThrow();
    }

    void addTo(RoutingHandler routes) {
        endpoints.forEach(endpoint -> endpoint.addTo(routes));
    }

    void tick() {
        endpoints.forEach(Endpoint::tick);
    }

    /** Tells every endpoint that the node begins to drain; a failure of one does not affect the drain. */
    void drain() {
        for (Endpoint endpoint : endpoints) {
            try {
                endpoint.drain();
            } catch (RuntimeException e) {
                LOGGER.error("an endpoint failed to drain", e);
            }
        }
    }

    @Override
    public void close() {
        endpoints.reversed().forEach(Endpoint::close);
    }
}
