package dev.carillon.app;

import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.node.Node;
import dev.carillon.node.NodeConfig;
import dev.carillon.page.Page;
import dev.carillon.page.context.PageDefinition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * An application of live pages. Add pages and files, then {@link #start} a node with it, or add it to a node as an extension; several nodes may
 * run it. Not thread-safe until then.
 */
public final class App implements Extension {
    private final AppOptions options;
    private final Map<String, PageDefinition> pages = new LinkedHashMap<>();
    private final Map<String, StaticResource> files = new LinkedHashMap<>();
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

    /** Starts a node that serves the pages. */
    public Node start(NodeConfig config) {
        return Node.builder(config).extension(this).start();
    }

    /** Starts the application on a node; called by the node. */
    @Override
    public AutoCloseable start(ExtensionContext node) {
        started = true;
        AppNode added = new AppNode(node, options, List.copyOf(pages.values()), head);
        files.forEach((path, file) -> node.file(options.basePath() + path, file.near(), file.file()));
        nodes.add(added);
        return () -> {
            nodes.remove(added);
            added.close();
        };
    }

    /** Figures of the nodes of this process. */
    public AppStatistics statistics() {
        return nodes.stream().map(AppNode::statistics).reduce(new AppStatistics(0, 0, 0, 0, 0), AppStatistics::plus);
    }

    private void requireNew() {
        if (started) {
            throw new IllegalStateException("the application has started");
        }
    }
}
