package dev.carillon.console;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.admin.AdminRoutes;
import dev.carillon.admin.OperatorAudit;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.cluster.Control;
import dev.carillon.http.Problem;
import dev.carillon.http.Requests;
import dev.carillon.http.StaticFile;
import dev.carillon.secret.OperatorSessions;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.time.InstantSource;
import java.util.Optional;

/**
 * The console of the admin port: {@code /console}, its files, {@code /console/stream}, {@code /console/hour}, sign-in, and the requests of operators below {@code /console}.
 * The page itself has no data; everything else needs a session. Thread-safe.
 */
public final class Console {
    /** Where the page is. */
    public static final String PATH = "/console";

    private static final String FILES = PATH + "/";

    private final ClusterView cluster;
    private final ConsoleStreams streams;
    private final ConsoleLogin login;
    private final AdminRoutes operations;
    private final InstantSource clock;

    /**
     * @param sessions empty: the node has no operators' token
     * @param operations the requests of operators
     */
    public Console(
            String nodeId,
            Control control,
            AdminRoutes operations,
            Optional<OperatorSessions> sessions,
            OperatorAudit audit,
            Platform platform) {
        this.cluster = new ClusterView(control, nodeId, platform.clock(), platform.nanoTime());
        this.streams = new ConsoleStreams(cluster::requireFeed);
        this.login = new ConsoleLogin(sessions, audit, operations::refused, streams::end);
        this.operations = operations;
        this.clock = platform.clock();
    }

    public void add(RoutingHandler routes) {
        routes.get(PATH, StaticFile.of(Console.class, "console.html"));
        for (String file : new String[] {"console.css", "console.js", "chart.js", "dialogs.js", "why.js", "icon.svg"}) {
            routes.get(FILES + file, StaticFile.of(Console.class, file));
        }
        // For people who open the address of the port in a browser.
        routes.get("/", exchange -> {
            if (!Requests.acceptsHtml(exchange)) {
                Problem.answer(exchange, ErrorCode.NOT_FOUND, "no resource at /");
                return;
            }
            exchange.setStatusCode(StatusCodes.FOUND);
            exchange.getResponseHeaders().put(Headers.LOCATION, PATH);
            exchange.endExchange();
        });
        // The path with a final slash.
        routes.get(FILES, exchange -> {
            exchange.setStatusCode(StatusCodes.PERMANENT_REDIRECT);
            exchange.getResponseHeaders().put(Headers.LOCATION, PATH);
            exchange.endExchange();
        });
        routes.post(FILES + "login", login::login);
        routes.post(FILES + "logout", login::logout);
        routes.get(FILES + "session", login::session);
        routes.get(FILES + "hour", login.guarded(this::hour));
        routes.get(FILES + "stream", this::stream);
        operations.addOperations(routes, PATH, login::guarded);
    }

    private void hour(HttpServerExchange exchange) {
        Requests.then(exchange, cluster::hour, (ObjectNode answer) -> {
            exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
            exchange.getResponseSender().send(answer.toString());
        });
    }

    private void stream(HttpServerExchange exchange) {
        OperatorSessions.Session session = login.require(exchange);
        if (Requests.isHead(exchange)) {
            exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/event-stream");
            exchange.endExchange();
            return;
        }
        cluster.requireFeed();
        cluster.ask();
        streams.open(exchange, session);
    }

    /** Sends the state of the cluster to every open console, and asks the nodes for the next; call it once a second. */
    public void tick() {
        streams.endExpired(clock.instant());
        if (streams.isEmpty()) {
            cluster.clear();
            return;
        }
        streams.send(cluster.frame());
        cluster.ask();
    }
}
