package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.ClientStream;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.Request;
import dev.carillon.extension.Response;
import dev.carillon.extension.StreamOpening;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.page.context.PageContext;
import dev.carillon.page.context.PageContexts;
import dev.carillon.page.context.PageDefinition;
import dev.carillon.patch.PatchRenderer;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The requests of an application: pages, their streams, and actions. */
public final class PageRoutes {
    public static final String ACTIONS = "/_pages/action/";
    static final String STREAM = "/_pages/stream";
    /** Prefix of the paths of scripts of the application. */
    public static final String SCRIPT = "/_pages/script/";

    private static final String FILES = "/_pages/";
    static final String CONTEXT_FIELD = "_context";

    private static final String CONTEXT = "context";
    private static final Pattern CONTEXT_ID = Pattern.compile("[A-Za-z0-9_-]{22}");
    private static final Pattern PARAMETER = Pattern.compile("\\{([^}]+)}");
    /** Keeps a page whose streams always reach another node from loading in a loop without a pause. */
    private static final Duration RELOAD_PAUSE = Duration.ofSeconds(1);

    private final ExtensionContext node;
    private final PageContexts contexts;
    private final String base;
    private final OriginCheck origins;
    private final PageDocument documents;
    private final ActionAnswers answers;
    private final ForwardedActions forwarded;

    public PageRoutes(
            ExtensionContext node,
            PageContexts contexts,
            String base,
            List<String> trustedOrigins,
            PatchRenderer renderer,
            String head) {
        this.node = node;
        this.contexts = contexts;
        this.base = base;
        this.origins = new OriginCheck(trustedOrigins);
        this.documents = new PageDocument(renderer, node.platform().secureRandom(), head, base);
        this.answers = new ActionAnswers(renderer, documents, base);
        this.forwarded = new ForwardedActions(node, "pages" + base.toLowerCase(Locale.ROOT), this::run);
    }

    /** Path of the script of every page. */
    static String script() {
        return FILES + PageScripts.scripts().pagesName();
    }

    public void add(List<PageDefinition> pages) {
        PageScripts scripts = PageScripts.scripts();
        node.get(base + FILES + PageScripts.turboName(), scripts.turbo()::answer);
        node.get(base + script(), scripts.pages()::answer);
        node.post(base + ACTIONS + "{action}", this::act);
        node.stream(base + STREAM, this::stream);
        pages.forEach(page -> {
            node.get(base + page.pattern(), request -> page(request, page));
            if (page.pattern().equals("/") && !base.isEmpty()) {
                node.get(base, request -> page(request, page));
            }
        });
        forwarded.listen();
    }

    private Response page(Request request, PageDefinition page) {
        if (request.method().equals("HEAD")) {
            return Response.html("");
        }
        String path = request.path().equals(base) ? "/" : request.path().substring(base.length());
        String id = request.parameter(CONTEXT).orElse("");
        PageContext known = known(id, ClientIdentity.of(request));
        // A context with a stream belongs to another tab.
        if (known != null
                && known.path().equals(path)
                && !known.hasStream()
                && node.contexts().keep(id)) {
            return documents.page(known);
        }
        Map<String, String> parameters = new HashMap<>();
        PARAMETER
                .matcher(page.pattern())
                .results()
                .map(match -> match.group(1))
                .forEach(name -> parameters.put(name, request.pathParameter(name)));
        return documents.page(contexts.create(request, page, path, parameters));
    }

    /** A context of another client, such as that of a session that has ended since, is as one that has ended: the page is opened anew. */
    private @Nullable PageContext known(String id, ClientIdentity owner) {
        try {
            return id.isEmpty() ? null : contexts.context(id, owner);
        } catch (CarillonException e) {
            return null;
        }
    }

    private StreamOpening stream(Request request) {
        String id = request.parameter(CONTEXT).orElse("");
        PageContext context = known(id, ClientIdentity.of(request));
        if (context == null) {
            return StreamOpening.of().withTabOnly().onOpen(this::reload);
        }
        // A client whose connection broke without a sign comes back before the node notices.
        if (!request.method().equals("HEAD")) {
            context.release();
        }
        return StreamOpening.of(context.topics().toArray(Scope[]::new))
                .withTabOnly()
                .onOpen(stream -> {
                    if (stream.context().equals(id)) {
                        contexts.opened(context, stream);
                    } else {
                        reload(stream);
                    }
                })
                .onClose((stream, reason) -> contexts.closed(context, stream));
    }

    private void reload(ClientStream stream) {
        node.platform().threads().pause(RELOAD_PAUSE);
        contexts.reload(stream);
    }

    private Response act(Request request) {
        String back = base + "/";
        try {
            origins.check(request);
            String type = request.header("Content-Type").orElse("");
            if (!type.split(";", 2)[0].strip().equalsIgnoreCase(FormBody.TYPE)) {
                throw new CarillonException(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "actions take " + FormBody.TYPE);
            }
            Map<String, String> fields = FormBody.read(request.text());
            String id = fields.getOrDefault(CONTEXT_FIELD, "");
            if (!CONTEXT_ID.matcher(id).matches()) {
                throw new CarillonException(ErrorCode.NOT_FOUND, "field " + CONTEXT_FIELD + ": there is no such page");
            }
            ActionCall call = new ActionCall(ClientIdentity.of(request), id, request.pathParameter("action"), fields);
            String path = run(call);
            if (path == null) {
                path = forwarded.run(call);
            }
            return answers.done(request, path, id);
        } catch (CarillonException e) {
            return answers.refused(request, e, back);
        }
    }

    /**
     * Runs an action of a context of this node; null: it is not one of this node.
     *
     * @return the path of the page
     */
    private @Nullable String run(ActionCall call) {
        PageContext context = contexts.context(call.context(), call.owner());
        if (context == null) {
            return null;
        }
        contexts.requireRate(call.owner());
        boolean _ = node.contexts().keep(call.context());
        contexts.runner().run(context, call.action(), call.inputs());
        return context.path();
    }
}
