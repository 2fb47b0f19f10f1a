package dev.carillon.app;

import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.context.ContextLimits;
import dev.carillon.page.context.PageContexts;
import dev.carillon.page.context.PageDefinition;
import dev.carillon.page.http.PageRoutes;
import dev.carillon.page.signal.SharedBounds;
import dev.carillon.page.view.PatchSender;
import dev.carillon.patch.PatchRenderer;
import dev.carillon.patch.TurboStreams;
import java.util.List;

/** An application on one node. Thread-safe. */
final class AppNode implements AutoCloseable {
    private final PatchSender sender;
    private final PageContexts contexts;

    AppNode(ExtensionContext node, AppOptions options, List<PageDefinition> pages, String head) {
        PatchRenderer renderer = new TurboStreams();
        String base = options.basePath();
        ContextLimits limits = new ContextLimits(
                options.actionTimeout(),
                options.actionsPerSecond(),
                new SharedBounds(options.sharedSignalBytes(), options.sharedTotalBytes()));
        sender = new PatchSender(node, renderer);
        contexts = new PageContexts(node, limits, base + PageRoutes.ACTIONS, sender);
        new PageRoutes(node, contexts, base, options.trustedOrigins(), renderer, head).add(pages);
    }

    AppStatistics statistics() {
        return new AppStatistics(
                contexts.count(),
                contexts.sharedRenders(),
                contexts.tabRenders(),
                sender.sent(),
                contexts.runner().ran());
    }

    @Override
    public void close() {
        contexts.close();
    }
}
