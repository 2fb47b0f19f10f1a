package dev.carillon.admin;

import dev.carillon.base.Platform;
import dev.carillon.base.ProcessLog;
import dev.carillon.cluster.AllNodes;
import dev.carillon.jwt.RefusalLog;
import dev.carillon.rebalance.Rebalancing;
import dev.carillon.revocation.Revoker;
import dev.carillon.secret.OperatorToken;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Routes of the admin port: {@code /health}, {@code /health/live}, {@code /health/ready}, {@code /_health/cluster}, {@code /metrics}, and with
 * the operators' token {@code /contexts}, {@code /admin/connections}, {@code /admin/why}, {@code /admin/tail}, {@code /admin/revoke}, {@code /admin/authorizer/invalidate}, {@code /admin/drain},
 * {@code /admin/rebalance} and {@code /admin/reload}; if the program provides its log, also
 * {@code /admin/log-level}.
 */
public final class AdminRoutes {
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private final NodeStatus node;
    private final PrometheusMeterRegistry registry;
    private final HealthHandler health;
    private final ControlHandlers control;
    private final AllNodes nodes;
    private final Optional<OperatorToken> operators;
    private final RefusalLog refusals;
    private final RevokeHandler revoke;
    private final RebalanceHandler rebalance;
    private final UnaryOperator<String> tokenDigest;
    private final Deliveries deliveries;

    /**
     * Handlers of questions about deliveries.
     *
     * @param why of {@code /admin/why}
     * @param tail of {@code /admin/tail}
     */
    public record Deliveries(HttpHandler why, HttpHandler tail) {}

    /**
     * @param degradedStatus as of {@link HealthHandler}
     * @param operators token of the operators; empty: requests that change something are refused
     * @param revocationTtl how long a revocation lasts, if it does not say that itself
     * @param tokenDigest maps a token to the id that the nodes give it
     */
    public AdminRoutes(
            NodeStatus node,
            NodeControl control,
            PrometheusMeterRegistry registry,
            int degradedStatus,
            AllNodes nodes,
            Optional<OperatorToken> operators,
            Revoker revoker,
            Duration revocationTtl,
            UnaryOperator<String> tokenDigest,
            Rebalancing rebalancer,
            Deliveries deliveries,
            Platform platform) {
        this.deliveries = deliveries;
        this.rebalance = new RebalanceHandler(node, rebalancer);
        this.tokenDigest = tokenDigest;
        this.revoke = new RevokeHandler(revoker, revocationTtl, platform.clock());
        this.refusals = new RefusalLog("operators", registry, platform.nanoTime());
        this.node = node;
        this.control = new ControlHandlers(node, control);
        this.nodes = nodes;
        this.operators = operators;
        this.health = new HealthHandler(node, degradedStatus, HealthHandler.Detail.ADDRESSES);
        this.registry = registry;
    }

    public void add(RoutingHandler routes) {
        routes.get("/health", health);
        routes.get("/health/live", x -> answer(x, true));
        routes.get("/health/ready", x -> answer(x, node.serving()));
        routes.get(ClusterHealthHandler.ROUTE, new ClusterHealthHandler(nodes));
        routes.delete(DisconnectHandler.ROUTE, guarded(new DisconnectHandler(nodes)));
        ConnectionsHandler connections = new ConnectionsHandler(nodes);
        routes.get(ConnectionsHandler.ROUTE, guarded(connections.list()));
        routes.delete(ConnectionsHandler.ROUTE, guarded(connections.close()));
        routes.get(WhyHandler.ROUTE, guarded(deliveries.why()));
        routes.get(TailHandler.ROUTE, guarded(deliveries.tail()));
        routes.post(RevokeHandler.ROUTE, guarded(revoke));
        routes.post(InvalidateHandler.ROUTE, guarded(new InvalidateHandler(nodes, tokenDigest)));
        routes.get(ControlHandlers.DRAIN, control.progress());
        routes.post(ControlHandlers.DRAIN, guarded(control.drain()));
        routes.get(RebalanceHandler.ROUTE, rebalance.progress());
        routes.post(RebalanceHandler.ROUTE, guarded(rebalance.begin()));
        routes.delete(RebalanceHandler.ROUTE, guarded(rebalance.stop()));
        routes.post(ControlHandlers.RELOAD, guarded(control.reload()));
        ProcessLog.find().ifPresent(log -> {
            HttpHandler level = new LogLevelHandler(log);
            routes.get(LogLevelHandler.ROUTE, level);
            routes.post(LogLevelHandler.ROUTE, guarded(level));
        });
        // Scraping reads files of /proc, so it must not run on an I/O thread.
        routes.get(
                "/metrics",
                x -> x.dispatch(() -> {
                    x.getResponseHeaders().put(Headers.CONTENT_TYPE, PROMETHEUS);
                    x.getResponseSender().send(registry.scrape());
                }));
    }

    private HttpHandler guarded(HttpHandler route) {
        return new OperatorGuard(operators, refusals, route);
    }

    private static void answer(HttpServerExchange exchange, boolean healthy) {
        exchange.setStatusCode(healthy ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
        exchange.getResponseSender().send(healthy ? "{\"status\":\"ok\"}" : "{\"status\":\"draining\"}");
    }
}
