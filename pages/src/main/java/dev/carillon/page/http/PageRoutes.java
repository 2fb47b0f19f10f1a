package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.ClientStream;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.Request;
import dev.carillon.extension.Response;
import dev.carillon.extension.StreamOpening;
import dev.carillon.page.Middleware;
import dev.carillon.page.PageRequest;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.page.context.PageContext;
import dev.carillon.page.context.PageContexts;
import dev.carillon.page.context.PageDefinition;
import dev.carillon.page.dev.DevBar;
import dev.carillon.page.journal.Journals;
import dev.carillon.page.markup.PageProtocols;
import dev.carillon.page.request.RequestServices;
import dev.carillon.page.request.RequestState;
import dev.carillon.page.revival.RevivalMetrics;
import dev.carillon.page.revival.Revivals;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The requests of an application: pages and their streams; {@link ActionRoutes} has those for actions. */
public final class PageRoutes {
    public static final String ACTIONS = "/_pages/action/";
    static final String STREAM = "/_pages/stream";
    static final String LEAVE = "/_pages/leave";
    /** Prefix of the paths of scripts of the application. */
    public static final String SCRIPT = "/_pages/script/";

    static final String FILES = "/_pages/";

    private static final String CONTEXT = "context";
    /** Keeps a page whose streams always reach another node from loading in a loop without a pause. */
    private static final Duration RELOAD_PAUSE = Duration.ofSeconds(1);

    private final ExtensionContext node;
    private final RequestServices services;
    private final PageContexts contexts;
    private final Site site;
    private final PageFinder finder;
    private final PageDocument documents;
    private final ActionAnswers answers;
    private final ActionRoutes actions;
    private final Revivals revivals;

    /**
     * What the routes serve.
     *
     * @param base prefix of the paths of the application on the node
     * @param notFound body of the answer for unknown paths; null: that of the node
     * @param devBar null: the node is not in development mode
     */
    public record Site(
            String base,
            List<String> trustedOrigins,
            List<PageDefinition> pages,
            PageProtocols protocols,
            DocumentTemplate template,
            @Nullable Supplier<String> notFound,
            @Nullable DevBar devBar) {
        public Site {
            pages = List.copyOf(pages);
        }
    }

    /** @param journals of the contexts */
    public PageRoutes(
            RequestServices services,
            PageContexts contexts,
            UploadFiles uploads,
            Site site,
            Journals journals,
            Duration actionTimeout) {
        this.node = services.node();
        this.services = services;
        this.contexts = contexts;
        this.site = site;
        this.finder = new PageFinder(site.pages());
        String urls = node.basePath() + site.base();
        this.documents = new PageDocument(site.protocols().standard(), site.template(), services, urls, site.devBar());
        this.answers = new ActionAnswers(site.protocols(), documents, services.redirects(), urls);
        String app = site.base().isEmpty() ? "/" : site.base();
        String calls = "pages" + site.base().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9/-]", "-");
        this.revivals = new Revivals(
                node,
                contexts,
                journals,
                finder::find,
                new RevivalMetrics(node.metrics(), app),
                calls + "/release",
                actionTimeout);
        this.actions =
                new ActionRoutes(services, contexts, finder, site, answers, uploads, revivals, calls, urls + "/");
    }

    public void add() {
        String base = site.base();
        PageScripts scripts = PageScripts.scripts();
        node.get(base + FILES + PageScripts.turboName(), scripts.turbo()::answer);
        node.get(base + FILES + scripts.pagesName(), scripts.pages()::answer);
        node.get(base + FILES + scripts.datastarName(), scripts.datastar()::answer);
        node.get(base + LEAVE, this::leave);
        node.postStreamed(base + ACTIONS + "{action}", actions::act);
        if (site.protocols().keepSignals()) {
            // Datastar has an action for each method, and shows no other answer in words.
            List.of("GET", "PUT", "PATCH", "DELETE")
                    .forEach(method -> node.route(method, base + ACTIONS + "{action}", actions::refuseMethod));
        }
        node.stream(base + STREAM, this::stream);
        site.pages().forEach(page -> {
            node.get(base + page.pattern(), request -> page(request, page));
            if (page.pattern().equals("/") && !base.isEmpty()) {
                node.get(base, request -> page(request, page));
            }
        });
        if (site.notFound() != null) {
            node.notFound(base, request -> notFound());
        }
        DevBar devBar = site.devBar();
        if (devBar != null) {
            devBar.add();
            devBar.get("document", this::documentAsItIs);
        }
        actions.listen();
        revivals.listen();
    }

    private Response page(Request request, PageDefinition page) throws Exception {
        RequestState state = new RequestState(Map.of());
        try {
            String path = path(request, page);
            Map<String, String> parameters = finder.parameters(page, path);
            ClientIdentity owner = ClientIdentity.of(request);
            RequestView view = new RequestView(
                    request,
                    new RequestView.Target(PageRequest.Kind.PAGE, path, parameters),
                    owner,
                    services,
                    state,
                    target -> answers.redirect(request, target));
            Middleware.Next declaration = () -> {
                PageContext context = open(request, page, owner, path, parameters);
                return withState(request, context, path, state);
            };
            return state.<Response, Exception>call(() -> MiddlewareChain.answer(
                    page.middleware(),
                    view,
                    request.method().equals("HEAD") ? () -> documents.head(page.protocol()) : declaration));
        } catch (CarillonException e) {
            if (!ActionAnswers.accepts(request, "text/html")) {
                throw e;
            }
            return e.code() == ErrorCode.NOT_FOUND && site.notFound() != null
                    ? notFound()
                    : documents.error(
                            ActionAnswers.status(e.code()),
                            String.valueOf(e.getMessage()),
                            services.links().url("/"));
        } finally {
            state.end();
        }
    }

    /** Without the base path. The node also takes a parameter with a slash after it, and an empty one, which the finder refuses. */
    private String path(Request request, PageDefinition page) {
        return PageFinder.names(page.pattern()).isEmpty()
                ? page.pattern()
                : request.path().substring(site.base().length());
    }

    /** With what the page has set while it was declared. */
    private Response withState(Request request, @Nullable PageContext context, String path, RequestState state) {
        String redirect = state.redirect();
        Response response =
                context == null ? answers.redirect(request, Objects.requireNonNull(redirect)) : documents.page(context);
        return answers.with(response, ActionOutcome.of(path, state));
    }

    /** Null: the page leads elsewhere. */
    private @Nullable PageContext open(
            Request request, PageDefinition page, ClientIdentity owner, String path, Map<String, String> parameters) {
        String id = request.parameter(CONTEXT).orElse("");
        PageContext known = known(request, id, owner, Revivals.Use.PAGE, path);
        // A context with a stream belongs to another tab.
        if (known != null
                && known.path().equals(path)
                && !known.hasStream()
                && node.contexts().keep(id)) {
            return known;
        }
        return contexts.opening().create(request, page, path, parameters);
    }

    /** The document of an open tab, in development mode. */
    private Response documentAsItIs(Request request) {
        PageContext context = contexts.context(request.parameter(CONTEXT).orElse(""), ClientIdentity.of(request));
        if (context == null) {
            throw RequestView.unknownPage();
        }
        return documents.page(context);
    }

    private Response notFound() {
        Supplier<String> body = site.notFound();
        return documents.plain(404, "Not found", body == null ? "" : body.get());
    }

    /** Leaves the site: what the script asks for is a page that it loads by itself, which then leads on. */
    private Response leave(Request request) {
        String to = request.parameter("to").orElse("");
        try {
            if (!services.redirects().isForeign(to)) {
                throw RequestView.unknownPage();
            }
        } catch (IllegalArgumentException e) {
            throw RequestView.unknownPage();
        }
        boolean navigates = request.header("Sec-Fetch-Dest").orElse("document").equals("document");
        return navigates ? Response.seeOther(to) : documents.loadedAlone();
    }

    /**
     * The context of a request, also from another node. One of another client, such as that of a session that has ended since, is as one that has ended: the
     * page is opened anew.
     *
     * @param use null: only if it is on this node
     */
    private @Nullable PageContext known(
            Request request, String id, ClientIdentity owner, Revivals.@Nullable Use use, String path) {
        if (!ActionRoutes.isContext(id)) {
            return null;
        }
        try {
            PageContext context = contexts.context(id, owner);
            return context == null && use != null ? revivals.revive(request, id, use, path) : context;
        } catch (CarillonException e) {
            if (e.code() == ErrorCode.CONTEXT_REFUSED) {
                return null;
            }
            throw e;
        }
    }

    private StreamOpening stream(Request request) {
        String id = request.parameter(CONTEXT).orElse("");
        boolean opens = !request.method().equals("HEAD");
        ClientIdentity owner = ClientIdentity.of(request);
        PageContext context = known(request, id, owner, opens ? Revivals.Use.STREAM : null, "");
        if (context == null) {
            return StreamOpening.of().withTabOnly().onOpen(this::reload);
        }
        // A client whose connection broke without a sign comes back before the node notices.
        if (opens) {
            context.release();
        }
        return StreamOpening.of(topics(context))
                .withTabOnly()
                .onOpen(stream -> {
                    if (stream.context().equals(id)) {
                        contexts.opened(context, stream);
                    } else if (context.hasMoved()) {
                        // Meanwhile; the next stream finds it.
                        stream.close(CloseReason.APPLICATION);
                    } else {
                        reload(stream);
                    }
                })
                .onClose((stream, reason) -> contexts.closed(context, stream));
    }

    private Scope[] topics(PageContext context) {
        DevBar devBar = site.devBar();
        return Stream.concat(context.topics().stream(), devBar == null ? Stream.of() : Stream.of(devBar.topic()))
                .toArray(Scope[]::new);
    }

    private void reload(ClientStream stream) {
        node.platform().threads().pause(RELOAD_PAUSE);
        contexts.reload(stream);
    }
}
