package dev.carillon.app;

import dev.carillon.broadcast.Broadcaster;
import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.node.Node;
import dev.carillon.node.NodeConfig;
import dev.carillon.page.OpenPage;
import dev.carillon.page.Page;
import dev.carillon.page.context.PageDefinition;
import dev.carillon.page.event.PatternEvents;
import dev.carillon.page.http.PageRoutes;
import dev.carillon.scope.Event;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An application of live pages. Add pages and files, then {@link #start} a node with it, or add it to a node as an extension; several nodes may
 * run it. Not thread-safe until then.
 */
public final class App implements Extension {
    private static final Pattern SCRIPT_NAME = Pattern.compile("[a-z][a-z0-9-]{0,63}");

    private final AppOptions options;
    private final Map<String, PageDefinition> pages = new LinkedHashMap<>();
    private final Map<String, StaticResource> files = new LinkedHashMap<>();
    private final Set<String> scripts = new TreeSet<>();
    private final AppHooks hooks = new AppHooks();
    private final List<AppNode> nodes = new CopyOnWriteArrayList<>();
    private String head = "";
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
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("path " + path + ": must begin with /");
        }
        if (pages.putIfAbsent(path, new PageDefinition(path, build)) != null) {
            throw new IllegalArgumentException("path " + path + ": there is a page already");
        }
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

    /** Sets HTML for the head of every page, such as a link to a style sheet. */
    public App head(String html) {
        requireNew();
        head = html;
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
        AppNode added = new AppNode(node, options, List.copyOf(pages.values()), head, scripts, hooks);
        files.forEach((path, file) -> node.file(options.basePath() + path, file.near(), file.file()));
        try {
            hooks.start.forEach(hook -> hook.accept(node));
        } catch (RuntimeException e) {
            added.close();
            throw e;
        }
        nodes.add(added);
        return () -> {
            nodes.remove(added);
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
