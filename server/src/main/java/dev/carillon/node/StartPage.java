package dev.carillon.node;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.fanout.FanOut;
import dev.carillon.http.Endpoint;
import dev.carillon.http.Parameters;
import dev.carillon.http.Problem;
import dev.carillon.http.Requests;
import dev.carillon.http.StaticFile;
import dev.carillon.mercure.DebugPage;
import dev.carillon.mercure.MercureHub;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The answer to {@code GET /}. In development mode it is a page that shows whether the node works; in production mode it is one line of text.
 * Clients that do not accept HTML receive {@code not-found}. Thread-safe.
 */
final class StartPage implements Endpoint {
    private static final String FILES = "/_start/";

    private static final Map<Character, String> ESCAPES =
            Map.of('&', "&amp;", '<', "&lt;", '>', "&gt;", '"', "&quot;", '\'', "&#39;");

    private static final Pattern CONTEXT = Pattern.compile("[A-Za-z0-9_-]{1,64}");
    private static final Parameters TEST = Parameters.of(List.of("context"), Map.of());

    private final FanOut fanOut;
    private final boolean development;
    private final String base;
    private final @Nullable String hub;
    private final List<String> links = new CopyOnWriteArrayList<>();
    /** Built at the first request, when all links are known. */
    private volatile @Nullable StaticFile page;

    StartPage(NodeConfig config, FanOut fanOut) {
        this.fanOut = fanOut;
        this.development = config.development;
        this.base = config.http.site().basePath();
        this.hub = config.mercure().on() ? MercureHub.link(base) : null;
        link("/_health", "The health of this node, as JSON");
        if (config.mercure().on() && config.mercure().ui()) {
            link(DebugPage.PATH, "The Mercure hub: a page for debugging");
        }
    }

    /** Adds a link to the page. Called while extensions start. */
    void link(String path, String text) {
        links.add(item(path, text));
    }

    /** Adds a link before the others. Called before the node serves. */
    void linkFirst(String path, String text) {
        links.addFirst(item(path, text));
    }

    private static String item(String path, String text) {
        return "          <li><a href=\"" + escaped(path) + "\">" + escaped(text) + "</a></li>";
    }

    /** Adds the page. An extension that serves {@code /} replaces it, because extensions start later. */
    @Override
    public void addTo(RoutingHandler routes) {
        routes.get("/", this::answer);
        if (development) {
            routes.get(FILES + "start.css", StaticFile.of(StartPage.class, "start.css"));
            routes.get(FILES + "start.js", StaticFile.of(StartPage.class, "start.js"));
            routes.get(FILES + "icon.svg", StaticFile.of(DebugPage.class, "icon.svg"));
            routes.post(FILES + "test", this::test);
        }
    }

    /** Sends an event to one tab of this node, without the broker, so that the page can show that one arrives. */
    private void test(HttpServerExchange exchange) {
        TEST.check(exchange);
        String context = Requests.parameter(exchange, "context")
                .filter(id -> CONTEXT.matcher(id).matches())
                .orElseThrow(() -> new CarillonException(
                        ErrorCode.INVALID_REQUEST, "parameter context: must be the id of a context"));
        fanOut.deliverLocally(Event.to(List.of(Scope.tab(context)))
                .tenant(Tenant.DEFAULT)
                .type("start-page-test")
                .data("test")
                .build());
        exchange.setStatusCode(StatusCodes.NO_CONTENT);
        exchange.endExchange();
    }

    private void answer(HttpServerExchange exchange) {
        exchange.getResponseHeaders().put(Headers.VARY, "Accept");
        if (!Requests.acceptsHtml(exchange)) {
            Problem.answer(exchange, ErrorCode.NOT_FOUND, "no resource at /");
        } else if (development) {
            page().handleRequest(exchange);
        } else {
            exchange.setStatusCode(StatusCodes.NOT_FOUND);
            exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/plain; charset=utf-8");
            exchange.getResponseSender()
                    .send("This is a Carillon node. It serves event streams; there is no page here.\n");
        }
    }

    private StaticFile page() {
        StaticFile made = page;
        if (made == null) {
            made = StaticFile.of(StartPage.class, "start.html")
                    .with("<!-- links -->", String.join("\n", links))
                    .with("EventSource('/", "EventSource('" + base + "/")
                    .under(base)
                    .linking(hub);
            page = made;
        }
        return made;
    }

    private static String escaped(String text) {
        return text.chars()
                .mapToObj(c -> ESCAPES.getOrDefault((char) c, String.valueOf((char) c)))
                .collect(Collectors.joining());
    }
}
