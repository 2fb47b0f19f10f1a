package dev.carillon.app;

import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.OpenPage;
import dev.carillon.page.context.ContextLimits;
import dev.carillon.page.context.PageContexts;
import dev.carillon.page.context.PageDefinition;
import dev.carillon.page.context.PageListener;
import dev.carillon.page.http.PageRoutes;
import dev.carillon.page.signal.SharedBounds;
import dev.carillon.page.view.PageMetrics;
import dev.carillon.page.view.PatchSender;
import dev.carillon.patch.PatchRenderer;
import dev.carillon.patch.TurboStreams;
import java.util.List;
import java.util.Set;

/** An application on one node. Thread-safe. */
final class AppNode implements AutoCloseable {
    private final ExtensionContext node;
    private final PageMetrics metrics;
    private final PageContexts contexts;

    AppNode(
            ExtensionContext node,
            AppOptions options,
            List<PageDefinition> pages,
            String head,
            Set<String> scripts,
            PageListener listener) {
        this.node = node;
        PatchRenderer renderer = new TurboStreams();
        String base = options.basePath();
        ContextLimits limits = new ContextLimits(
                options.actionTimeout(),
                options.actionsPerSecond(),
                new SharedBounds(options.sharedSignalBytes(), options.sharedTotalBytes()));
        metrics = new PageMetrics(node.metrics(), base.isEmpty() ? "/" : base);
        PatchSender sender = new PatchSender(node, renderer, metrics);
        contexts = new PageContexts(node, limits, base + PageRoutes.ACTIONS, sender, metrics, scripts, listener);
        new PageRoutes(node, contexts, base, options.trustedOrigins(), renderer, head).add(pages);
    }

    ExtensionContext node() {
        return node;
    }

    List<OpenPage> contexts() {
        return contexts.list();
    }

    AppStatistics statistics() {
        return new AppStatistics(
                contexts.count(),
                metrics.renders(true),
                metrics.renders(false),
                metrics.cacheHits(),
                metrics.patches(),
                contexts.runner().ran());
    }

    @Override
    public void close() {
        contexts.close();
    }
}
