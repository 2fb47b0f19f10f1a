package dev.carillon.admin;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;

/** What the admin port serves: {@code /health}, {@code /health/live}, {@code /health/ready}, {@code /metrics}. */
public final class AdminRoutes {
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private final NodeStatus node;
    private final PrometheusMeterRegistry registry;
    private final HealthHandler health;

    /** @param degradedStatus as of {@link HealthHandler} */
    public AdminRoutes(NodeStatus node, PrometheusMeterRegistry registry, int degradedStatus) {
        this.node = node;
        this.health = new HealthHandler(node, degradedStatus, true);
        this.registry = registry;
    }

    public void add(RoutingHandler routes) {
        routes.get("/health", health);
        routes.get("/health/live", x -> answer(x, true));
        routes.get("/health/ready", x -> answer(x, node.serving()));
        // Scraping reads some files of /proc: off the I/O thread, which may be writing to clients.
        routes.get(
                "/metrics",
                x -> x.dispatch(() -> {
                    x.getResponseHeaders().put(Headers.CONTENT_TYPE, PROMETHEUS);
                    x.getResponseSender().send(registry.scrape());
                }));
    }

    private static void answer(HttpServerExchange exchange, boolean healthy) {
        exchange.setStatusCode(healthy ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
        exchange.getResponseSender().send(healthy ? "{\"status\":\"ok\"}" : "{\"status\":\"draining\"}");
    }
}
