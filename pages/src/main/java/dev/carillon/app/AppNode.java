package dev.carillon.app;

import dev.carillon.extension.Development;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.OpenPage;
import dev.carillon.page.context.ContextLimits;
import dev.carillon.page.context.PageContexts;
import dev.carillon.page.context.PageDefinition;
import dev.carillon.page.context.PageListener;
import dev.carillon.page.dev.DevBar;
import dev.carillon.page.file.CacheRule;
import dev.carillon.page.file.FileSource;
import dev.carillon.page.file.StaticFiles;
import dev.carillon.page.http.DocumentTemplate;
import dev.carillon.page.http.PageRoutes;
import dev.carillon.page.http.UploadFiles;
import dev.carillon.page.journal.JournalMetrics;
import dev.carillon.page.journal.Journals;
import dev.carillon.page.markup.PageProtocol;
import dev.carillon.page.markup.PageProtocols;
import dev.carillon.page.request.Redirects;
import dev.carillon.page.request.RequestServices;
import dev.carillon.page.request.SessionValues;
import dev.carillon.page.signal.SharedBounds;
import dev.carillon.page.trace.PageTracer;
import dev.carillon.page.view.PageMetrics;
import dev.carillon.page.view.PatchSender;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An application on one node. Thread-safe. */
final class AppNode implements AutoCloseable {
    private final ExtensionContext node;
    private final PageMetrics metrics;
    private final PageContexts contexts;
    private final UploadFiles uploads;

    /**
     * What an application serves.
     *
     * @param standard protocol of what is no page of the application, such as an error
     * @param notFound null: unknown paths are answered by the node
     * @param places with static files, by path
     * @param scripts names of the scripts that pages may run
     */
    record Content(
            List<PageDefinition> pages,
            PageProtocol standard,
            DocumentTemplate template,
            @Nullable Supplier<String> notFound,
            Map<String, FileSource> places,
            List<CacheRule> cacheRules,
            Set<String> scripts) {}

    AppNode(ExtensionContext node, AppOptions options, Content content, PageListener listener) {
        this.node = node;
        String base = options.basePath();
        String urls = node.basePath() + base;
        PageProtocols protocols = new PageProtocols(
                content.standard(),
                content.pages().stream().map(PageDefinition::protocol).toList());
        StaticFiles files = new StaticFiles(urls, content.places(), content.cacheRules());
        RequestServices services = new RequestServices(
                node, new SessionValues(node.sessionData()), new Redirects(urls, options.redirectOrigins()), files);
        ContextLimits limits = new ContextLimits(
                options.actionTimeout(),
                options.actionsPerSecond(),
                new SharedBounds(options.sharedSignalBytes(), options.sharedTotalBytes()));
        String app = base.isEmpty() ? "/" : base;
        Development development = node.development().orElse(null);
        PageTracer tracer =
                development == null ? null : new PageTracer(node.platform().nanoTime());
        metrics = new PageMetrics(node.metrics(), app, tracer);
        Journals journals = new Journals(
                node.store(),
                node.nodeId(),
                node.generation(),
                node.platform().secureRandom(),
                new JournalMetrics(node.metrics(), app));
        PatchSender sender = new PatchSender(node, metrics);
        contexts = new PageContexts(
                services,
                limits,
                urls + PageRoutes.ACTIONS,
                sender,
                protocols,
                metrics,
                journals,
                content.scripts(),
                listener);
        uploads = new UploadFiles(node.platform());
        new PageRoutes(
                        services,
                        contexts,
                        uploads,
                        new PageRoutes.Site(
                                base,
                                options.trustedOrigins(),
                                content.pages(),
                                protocols,
                                content.template(),
                                content.notFound(),
                                development == null || tracer == null
                                        ? null
                                        : new DevBar(node, development, contexts, tracer, base, protocols.renderers())),
                        journals,
                        options.actionTimeout())
                .add();
        content.places()
                .keySet()
                .forEach(place -> node.get(
                        base + place + "/*",
                        request -> files.answer(request, place, request.path().substring(base.length()))));
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
        uploads.close();
    }
}
