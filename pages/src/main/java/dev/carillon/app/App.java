package dev.carillon.app;

import dev.carillon.broadcast.Broadcaster;
import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.node.Node;
import dev.carillon.node.NodeConfig;
import dev.carillon.page.Links;
import dev.carillon.page.Middleware;
import dev.carillon.page.OpenPage;
import dev.carillon.page.Page;
import dev.carillon.page.PageRenderer;
import dev.carillon.page.Shell;
import dev.carillon.page.classes.PageClasses;
import dev.carillon.page.event.PatternEvents;
import dev.carillon.page.file.CacheRule;
import dev.carillon.page.file.FileSource;
import dev.carillon.page.http.DocumentTemplate;
import dev.carillon.page.http.PageRoutes;
import dev.carillon.page.markup.PageProtocol;
import dev.carillon.page.signal.ActionRun;
import dev.carillon.scope.Event;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An application of live pages. Add pages and files, then {@link #start} a node with it, or add it to a node as an extension; several nodes may
 * run it. Not thread-safe until then.
 */
public final class App implements Extension {
    private static final Pattern SCRIPT_NAME = Pattern.compile("[a-z][a-z0-9-]{0,63}");

    private final AppOptions options;
    private final PageClasses classes = new PageClasses();
    private final PageGroup pages = new PageGroup("", classes);
    private final Map<String, StaticResource> files = new LinkedHashMap<>();
    private final Set<String> scripts = new TreeSet<>();
    private final AppHooks hooks = new AppHooks();
    private final AppJobs jobs = new AppJobs();
    private final Map<String, FileSource> places = new LinkedHashMap<>();
    private final List<CacheRule> cacheRules = new ArrayList<>();
    private final List<AppNode> nodes = new CopyOnWriteArrayList<>();
    private PageRenderer renderer = PageRenderer.turbo();
    private DocumentTemplate template = DocumentTemplate.PLAIN;
    private @Nullable Supplier<String> notFound;
    private boolean started;

    App(AppOptions options) {
        this.options = options;
    }

    /** @param near class in whose package the file is */
    record StaticResource(Class<?> near, String file) {}

    /**
     * Adds a page.
     *
     * @param path below the base path; a segment {@code {name}} is a path parameter
     * @param build declares signals, actions and views; called for every context, on a virtual thread
     */
    public App page(String path, Consumer<Page> build) {
        requireNew();
        pages.page(path, build);
        return this;
    }

    /**
     * Adds a page that is a class, see {@link dev.carillon.page.annotation.LivePage}. Its mistakes are told here, and a missing argument of its constructor when the application starts.
     *
     * @throws IllegalArgumentException with the member of the class that breaks a rule
     */
    public App page(Class<?> type) {
        requireNew();
        pages.page(type);
        return this;
    }

    /** As {@link #page(String, Consumer)}, with a renderer of its own in place of that of the application. */
    public App page(String path, PageRenderer own, Consumer<Page> build) {
        requireNew();
        pages.page(path, own, build);
        return this;
    }

    /** As {@link #page(Class)}, with a renderer of its own in place of that of the application. */
    public App page(Class<?> type, PageRenderer own) {
        requireNew();
        pages.page(type, own);
        return this;
    }

    /** Adds an object for the constructors of pages that are classes: for parameters of its type, its interfaces and its superclasses. It must be thread-safe. */
    public App provide(Object object) {
        requireNew();
        classes.provide(object);
        return this;
    }

    /** Adds a group of pages whose paths begin alike. */
    public App group(String path, Consumer<PageGroup> content) {
        requireNew();
        pages.group(path, content);
        return this;
    }

    /** Adds middleware for all pages. */
    public App use(Middleware middleware) {
        requireNew();
        pages.use(middleware);
        return this;
    }

    /** Sets the HTML of the body for unknown paths below the base path; the answer has the status 404. */
    public App notFound(Supplier<String> body) {
        requireNew();
        notFound = body;
        return this;
    }

    /**
     * Serves a file of the class path.
     *
     * @param path below the base path
     * @param near class in whose package the file is
     */
    public App file(String path, Class<?> near, String file) {
        requireNew();
        files.put(path, new StaticResource(near, file));
        return this;
    }

    /**
     * Serves the files of a directory, also under names with a hash: see {@link Links#asset}. Not those whose name, or that of a folder, begins with a dot; a link is
     * followed only within the directory. Files of more than 16 MiB are not served.
     *
     * @param path below the base path, such as {@code /static}
     * @throws IllegalArgumentException when there is no such directory
     */
    public App files(String path, Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new IllegalArgumentException("directory " + directory + ": does not exist");
        }
        return place(path, new FileSource.Directory(directory.toAbsolutePath()));
    }

    /**
     * As {@link #files(String, Path)}, of a folder of the class path. Only files whose name has an extension are served.
     *
     * @param near class in whose package the folder is
     */
    public App files(String path, Class<?> near, String folder) {
        return place(path, new FileSource.ClassPath(near, folder));
    }

    private App place(String path, FileSource source) {
        requireNew();
        PageGroup.requirePath(path);
        if (path.endsWith("/") || places.putIfAbsent(path, source) != null) {
            throw new IllegalArgumentException("path " + path + ": must be given once, without / at the end");
        }
        return this;
    }

    /**
     * Sets the header {@code Cache-Control} of static files; the first rule that matches counts. Default: {@code no-cache}. Names with a hash are always
     * immutable.
     *
     * @param pattern of the path, as a glob such as {@code /static/images/**}
     */
    public App cache(String pattern, String cacheControl) {
        requireNew();
        cacheRules.add(new CacheRule(pattern, cacheControl));
        return this;
    }

    /** Sets the renderer of all pages that have none of their own, also of those added before. Default: {@link PageRenderer#turbo}. */
    public App renderer(PageRenderer chosen) {
        requireNew();
        renderer = chosen;
        return this;
    }

    /** Lets the pages use Datastar 1 in place of Turbo: {@link #renderer} with {@link PageRenderer#datastar}. */
    public App datastar(String script) {
        return renderer(PageRenderer.datastar(script));
    }

    /** Sets HTML for the head of every page, such as a link to a style sheet. */
    public App head(String html) {
        return head(links -> html);
    }

    /** As {@link #head(String)}, with URLs of the application; called for each page. */
    public App head(Function<Links, String> html) {
        requireNew();
        template = template.head(html);
        return this;
    }

    /** Sets HTML for the end of the body of every page. */
    public App foot(Function<Links, String> html) {
        requireNew();
        template = template.foot(html);
        return this;
    }

    /**
     * Sets the document around every page. Default: in English, with the head and the body alone.
     *
     * @throws IllegalArgumentException when it does not contain {@link Shell#head} and {@link Shell#body}, each once
     */
    public App shell(Function<Shell, String> document) {
        requireNew();
        DocumentTemplate next = template.shell(document);
        next.check();
        template = next;
        return this;
    }

    /**
     * Adds a script that pages can run in the browser with {@link Page#script}: a JavaScript module that exports a function by default.
     *
     * @param name lower-case letters, digits and hyphens
     * @param near class in whose package the file is
     */
    public App script(String name, Class<?> near, String file) {
        requireNew();
        if (!SCRIPT_NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "script " + name + ": must have 1 to 64 lower-case letters, digits and hyphens, first a letter");
        }
        scripts.add(name);
        return file(PageRoutes.SCRIPT + name + ".js", near, file);
    }

    /** Adds code that runs on each node before it serves; if it throws, the node does not start. */
    public App onStart(Consumer<ExtensionContext> run) {
        requireNew();
        hooks.start.add(run);
        return this;
    }

    /** Adds code that runs on each node when it stops, after its contexts have ended and while its broker is still connected. */
    public App onShutdown(Consumer<ExtensionContext> run) {
        requireNew();
        hooks.shutdown.add(run);
        return this;
    }

    /**
     * Adds code that runs at one node of the cluster at a time, on a virtual thread. It belongs to no tenant.
     *
     * @param name lower-case letters, digits and hyphens; the same job has the same name on every node
     * @throws IllegalStateException when there are 64 jobs
     */
    public App job(String name, JobRule rule, JobCode code) {
        requireNew();
        jobs.add(name, rule, code);
        return this;
    }

    /** As {@link #job(String, JobRule, JobCode)}, with a time limit of one minute. */
    public App job(String name, Duration period, JobCode code) {
        return job(name, JobRule.every(period), code);
    }

    /** Adds code that runs whenever the stream of a tab has opened, on a virtual thread. */
    public App onConnect(Consumer<OpenPage> run) {
        requireNew();
        hooks.connect.add(run);
        return this;
    }

    /** Adds code that runs whenever the stream of a tab has ended, on a virtual thread. The tab may come back. */
    public App onDisconnect(Consumer<OpenPage> run) {
        requireNew();
        hooks.disconnect.add(run);
        return this;
    }

    /** Starts a node that serves the pages. */
    public Node start(NodeConfig config) {
        return Node.builder(config).extension(this).start();
    }

    /** Starts the application on a node; called by the node. */
    @Override
    public AutoCloseable start(ExtensionContext node) {
        started = true;
        classes.complete();
        String urls = node.basePath() + options.basePath();
        Function<PageRenderer, PageProtocol> protocol = chosen -> PageProtocol.of(chosen, urls);
        AppNode added = new AppNode(
                node,
                options,
                new AppNode.Content(
                        List.copyOf(
                                pages.definitions(List.of(), renderer, protocol).values()),
                        protocol.apply(renderer),
                        template,
                        notFound,
                        places,
                        cacheRules,
                        scripts),
                hooks);
        files.forEach((path, file) -> node.file(options.basePath() + path, file.near(), file.file()));
        Runnable endJobs;
        try {
            hooks.start.forEach(hook -> hook.accept(node));
            endJobs = jobs.start(node, options.basePath());
        } catch (RuntimeException e) {
            added.close();
            throw e;
        }
        nodes.add(added);
        return () -> {
            nodes.remove(added);
            endJobs.run();
            added.close();
            hooks.shutdown(node);
        };
    }

    /**
     * Broadcasts an event: to handlers of pages on all nodes and to all other subscribers of its scopes.
     *
     * @return completes when the event is in the log; fails as {@link Broadcaster#broadcast(Event)}
     * @throws IllegalStateException when no node of this process runs the application
     */
    public CompletionStage<Broadcaster.Receipt> broadcast(Event event) {
        ActionRun.effect();
        return anyNode().broadcaster().broadcast(event);
    }

    /**
     * Broadcasts an event to the handlers of pages on all nodes that are in a scope that matches the pattern. Other subscribers do not receive it.
     *
     * @param type null: none
     * @return as {@link #broadcast(Event)}
     */
    public CompletionStage<Broadcaster.Receipt> broadcast(
            Tenant tenant, Selector pattern, @Nullable String type, String data) {
        return broadcast(PatternEvents.pack(tenant, pattern, type, data));
    }

    private ExtensionContext anyNode() {
        return nodes.stream()
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no node of this process runs the application"))
                .node();
    }

    /** The open tabs of the nodes of this process. */
    public List<OpenPage> contexts() {
        return nodes.stream().flatMap(node -> node.contexts().stream()).toList();
    }

    /** Figures of the nodes of this process. */
    public AppStatistics statistics() {
        return nodes.stream().map(AppNode::statistics).reduce(AppStatistics.NONE, AppStatistics::plus);
    }

    private void requireNew() {
        if (started) {
            throw new IllegalStateException("the application has started");
        }
    }
}
