package dev.carillon.page.dev;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.RandomIds;
import dev.carillon.extension.Development;
import dev.carillon.extension.Development.Problem;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.Request;
import dev.carillon.extension.RequestHandler;
import dev.carillon.extension.Response;
import dev.carillon.page.OpenPage;
import dev.carillon.page.context.PageContexts;
import dev.carillon.page.trace.PageTracer;
import dev.carillon.patch.Json;
import dev.carillon.patch.Patch;
import dev.carillon.patch.PatchEvent;
import dev.carillon.patch.PatchRenderer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the pages of an application show in development mode: its script, and the JSON that the script asks for. Pages are told of news on their own stream, in a
 * topic that only they are in. Thread-safe.
 */
public final class DevBar implements Development.Listener {
    /** Prefix of its paths. */
    public static final String PATH = "/_pages/dev/";

    private static final String SCRIPT = "bar.js";
    private static final String STYLE = "bar.css";

    private final ExtensionContext node;
    private final Development development;
    private final PageContexts contexts;
    private final PageTracer tracer;
    private final String base;
    private final String urls;
    private final Scope topic;
    private final List<PatchRenderer> renderers;

    /**
     * Makes the bar of an application.
     *
     * @param base path of the application on the node
     * @param renderers of its pages; a script ignores the news in the form of another one
     */
    public DevBar(
            ExtensionContext node,
            Development development,
            PageContexts contexts,
            PageTracer tracer,
            String base,
            List<PatchRenderer> renderers) {
        this.renderers = renderers;
        this.node = node;
        this.development = development;
        this.contexts = contexts;
        this.tracer = tracer;
        this.base = base;
        this.urls = node.basePath() + base + PATH;
        this.topic =
                Scope.topic("carillon/dev/" + RandomIds.uuid(node.platform().secureRandom()));
    }

    /** Adds the routes, and listens for news. */
    public void add() {
        get(SCRIPT, request -> resource(SCRIPT, "text/javascript; charset=utf-8"));
        get(STYLE, request -> resource(STYLE, "text/css; charset=utf-8"));
        get("state", request -> json(state()));
        get("traces", request -> json(traces(request)));
        get(
                "contexts",
                request -> json(contexts.list().stream().map(DevBar::tab).toList()));
        development.add(this);
        tracer.onTrace(trace -> tell(Map.of("kind", "traces", "last", tracer.last())));
        new DevRecipients(node, tracer, base).listen();
    }

    /** Adds a route that other sites cannot use. */
    public void get(String name, RequestHandler handler) {
        node.get(base + PATH + name, request -> {
            String site = request.header("Sec-Fetch-Site").orElse("none");
            if (!site.equals("same-origin") && !site.equals("none")) {
                throw new CarillonException(ErrorCode.NOT_FOUND, "there is no such page");
            }
            return handler.handle(request)
                    .header("Cache-Control", "no-store")
                    .header("X-Content-Type-Options", "nosniff");
        });
    }

    /** An element for the head of each page. */
    public String head() {
        return "<script type=\"module\" src=\"" + urls + SCRIPT + "\"></script>";
    }

    /** The topic that the stream of each page is in. */
    public Scope topic() {
        return topic;
    }

    private static Response json(Object value) {
        return Response.json(Json.write(value));
    }

    private static Response resource(String name, String type) {
        try (InputStream in = DevBar.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not on the class path");
            }
            return Response.of(200, type, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Map<String, Object> state() {
        return Map.of(
                "node",
                node.nodeId(),
                "generation",
                node.generation(),
                "problems",
                shown(development.problems()),
                "last",
                tracer.last());
    }

    private Map<String, Object> traces(Request request) {
        long after;
        try {
            after = Long.parseLong(request.parameter("after").orElse("0"));
        } catch (NumberFormatException e) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "parameter after: must be a whole number", e);
        }
        return Map.of("node", node.nodeId(), "traces", tracer.after(after));
    }

    private static Map<String, Object> tab(OpenPage page) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("context", PageTracer.shortened(page.context()));
        all.put("path", page.path());
        all.put("session", PageTracer.shortened(page.session()));
        all.put("user", page.user().orElse(""));
        all.put("connected", page.connected());
        all.put("loaded", page.loaded().truncatedTo(ChronoUnit.SECONDS).toString());
        return all;
    }

    private static List<Map<String, Object>> shown(List<Problem> problems) {
        List<Map<String, Object>> all = new ArrayList<>();
        problems.forEach(problem -> all.add(Map.of(
                "file", problem.file(),
                "line", problem.line(),
                "message", problem.message(),
                "source", problem.source())));
        return all;
    }

    @Override
    public void onProblems(List<Problem> now) {
        tell(Map.of("kind", "problems", "problems", shown(now)));
    }

    @Override
    public void onTemplates() {
        contexts.renderAgain();
        // The layout is in no view.
        tell(Map.of("kind", "document"));
    }

    @Override
    public void onFile(String name) {
        tell(Map.of("kind", "file", "name", name));
    }

    private void tell(Map<String, Object> news) {
        List<Patch> patches = List.of(new Patch.News(Json.write(news)));
        List<PatchEvent> events = renderers.stream()
                .flatMap(renderer -> renderer.events(patches).stream())
                .toList();
        contexts.list().stream()
                .map(OpenPage::tenant)
                .distinct()
                .forEach(tenant -> events.forEach(event -> deliver(tenant, event)));
    }

    private void deliver(Tenant tenant, PatchEvent event) {
        node.deliverHere(Event.to(topic)
                .tenant(tenant)
                .type(event.type())
                .data(event.data())
                .build());
    }
}
