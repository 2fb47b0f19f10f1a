package dev.carillon.admin;

import dev.carillon.auth.RefusedException;
import dev.carillon.base.Platform;
import dev.carillon.base.ProcessLog;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.cluster.AllNodes;
import dev.carillon.jwt.RefusalLog;
import dev.carillon.rebalance.Rebalancing;
import dev.carillon.revocation.Revoker;
import dev.carillon.scope.Event;
import dev.carillon.secret.OperatorToken;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Routes of the admin port: {@code /health}, {@code /health/live}, {@code /health/ready}, {@code /_health/cluster}, {@code /metrics}, and with
 * the operators' token {@code /contexts}, {@code /admin/connections}, {@code /admin/why}, {@code /admin/tail}, {@code /admin/revoke}, {@code
 * /admin/authorizer/invalidate}, {@code /admin/drain}, {@code /admin/rebalance}, {@code /admin/broadcast} and {@code /admin/reload}; if the program
 * provides its log, also {@code /admin/log-level}. What operators request, but for {@code /admin/tail}, the console offers a second time, below its
 * own path and behind its own guard.
 */
public final class AdminRoutes {
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private final NodeStatus node;
    private final PrometheusMeterRegistry registry;
    private final HealthHandler health;
    private final AllNodes nodes;
    private final Optional<OperatorToken> operators;
    private final RefusalLog refusals;
    private final HttpHandler tail;
    private final OperatorAudit audit;
    private final List<Operation> operations;

    /**
     * A request of operators.
     *
     * @param open whether it needs no token on this port
     */
    private record Operation(HttpString method, String path, boolean open, HttpHandler handler) {
        Operation(HttpString method, String path, HttpHandler handler) {
            this(method, path, false, handler);
        }
    }

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
     * @param broadcasts broadcasts an event of an operator, who may use every scope
     * @param audit records each request that operators make
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
            Function<Event, CompletionStage<Broadcaster.Receipt>> broadcasts,
            OperatorAudit audit,
            Deliveries deliveries,
            Platform platform) {
        this.tail = deliveries.tail();
        this.refusals = new RefusalLog("operators", registry, platform.nanoTime());
        this.node = node;
        this.nodes = nodes;
        this.operators = operators;
        this.audit = audit;
        this.health = new HealthHandler(node, degradedStatus, HealthHandler.Detail.ADDRESSES);
        this.registry = registry;
        this.operations = new ArrayList<>(operations(new ControlHandlers(node, control, nodes)));
        ConnectionsHandler connections = new ConnectionsHandler(nodes);
        RebalanceHandler rebalance = new RebalanceHandler(node, rebalancer);
        operations.addAll(List.of(
                new Operation(Methods.DELETE, DisconnectHandler.ROUTE, new DisconnectHandler(nodes)),
                new Operation(Methods.GET, ConnectionsHandler.ROUTE, connections.list()),
                new Operation(Methods.DELETE, ConnectionsHandler.ROUTE, connections.close()),
                new Operation(Methods.GET, WhyHandler.ROUTE, deliveries.why()),
                new Operation(
                        Methods.POST, RevokeHandler.ROUTE, new RevokeHandler(revoker, revocationTtl, platform.clock())),
                new Operation(Methods.POST, InvalidateHandler.ROUTE, new InvalidateHandler(nodes, tokenDigest)),
                new Operation(Methods.GET, RebalanceHandler.ROUTE, true, rebalance.progress()),
                new Operation(Methods.POST, RebalanceHandler.ROUTE, rebalance.begin()),
                new Operation(Methods.DELETE, RebalanceHandler.ROUTE, rebalance.stop()),
                new Operation(Methods.POST, BroadcastHandler.ROUTE, new BroadcastHandler(node, broadcasts))));
    }

    private List<Operation> operations(ControlHandlers control) {
        List<Operation> list = new ArrayList<>(List.of(
                new Operation(Methods.GET, ControlHandlers.DRAIN, true, control.progress()),
                new Operation(Methods.POST, ControlHandlers.DRAIN, control.drain()),
                new Operation(Methods.POST, ControlHandlers.RELOAD, control.reload())));
        ProcessLog.find().ifPresent(log -> {
            HttpHandler level = new LogLevelHandler(log, node, nodes);
            list.add(new Operation(Methods.GET, LogLevelHandler.ROUTE, true, level));
            list.add(new Operation(Methods.POST, LogLevelHandler.ROUTE, level));
        });
        return list;
    }

    public void add(RoutingHandler routes) {
        routes.get("/health", health);
        routes.get("/health/live", x -> answer(x, true));
        routes.get("/health/ready", x -> answer(x, node.serving()));
        routes.get(ClusterHealthHandler.ROUTE, new ClusterHealthHandler(nodes));
        operations.forEach(
                each -> routes.add(each.method(), each.path(), each.open() ? each.handler() : guarded(each.handler())));
        routes.get(TailHandler.ROUTE, guarded(tail));
        // Scraping reads files of /proc, so it must not run on an I/O thread.
        routes.get(
                "/metrics",
                x -> x.dispatch(() -> {
                    x.getResponseHeaders().put(Headers.CONTENT_TYPE, PROMETHEUS);
                    x.getResponseSender().send(registry.scrape());
                }));
    }

    /**
     * Adds the requests of operators a second time.
     *
     * @param prefix of their paths
     * @param guard decides who may use a handler
     */
    public void addOperations(RoutingHandler routes, String prefix, UnaryOperator<HttpHandler> guard) {
        operations.forEach(each -> routes.add(each.method(), prefix + each.path(), guard.apply(each.handler())));
    }

    /** Counts and logs a refused token of an operator. */
    public void refused(RefusedException refused) {
        CompletionStage<Object> _ = refusals.watch(CompletableFuture.failedStage(refused), () -> "");
    }

    private HttpHandler guarded(HttpHandler route) {
        return new OperatorGuard(operators, refusals, exchange -> {
            audit.watch(exchange, "operator-token");
            route.handleRequest(exchange);
        });
    }

    private static void answer(HttpServerExchange exchange, boolean healthy) {
        exchange.setStatusCode(healthy ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
        exchange.getResponseSender().send(healthy ? "{\"status\":\"ok\"}" : "{\"status\":\"draining\"}");
    }
}
