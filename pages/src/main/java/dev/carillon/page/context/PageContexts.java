package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.HealthEvent;
import dev.carillon.extension.ClientStream;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.OpenPage;
import dev.carillon.page.event.PageEvents;
import dev.carillon.page.journal.Journals;
import dev.carillon.page.markup.PageProtocols;
import dev.carillon.page.request.RequestServices;
import dev.carillon.page.signal.SharedState;
import dev.carillon.page.stream.TabStream;
import dev.carillon.page.view.PageMetrics;
import dev.carillon.page.view.PatchSender;
import dev.carillon.page.view.TenantPages;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The contexts of an application on one node, and the shared state of their tenants. Thread-safe. */
public final class PageContexts implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(PageContexts.class);

    private final ExtensionContext node;
    private final ContextLimits limits;
    private final ContextServices services;
    private final PageListener listener;
    private final PageProtocols protocols;
    private final Executor threads;
    private final OpenTenants<TenantParts> tenants;
    /** By id; each ends with its context in the node, which bounds their number. */
    private final Map<String, PageContext> contexts = new ConcurrentHashMap<>();

    private final ClientRates rates;
    private final ContextOpening opening;
    private final NodeSaves saves;

    private final ScheduledExecutorService timer;

    /**
     * @param actionUrl prefix of the URL of an action, before its name
     * @param scripts names of the scripts that pages may run
     */
    public PageContexts(
            RequestServices requests,
            ContextLimits limits,
            String actionUrl,
            PatchSender sender,
            PageProtocols protocols,
            PageMetrics metrics,
            Journals journals,
            Set<String> scripts,
            PageListener listener) {
        this.node = requests.node();
        this.limits = limits;
        this.listener = listener;
        this.protocols = protocols;
        ActionRunner runner =
                new ActionRunner(limits.actionTimeout(), node.platform().threads(), metrics);
        threads = node.platform().threads().each("carillon-context-end");
        // Of its own, so that its clock can be another one than that of limits for answers.
        timer = node.platform().threads().newTimer("carillon-page-timers");
        services = new ContextServices(
                node.contexts(),
                sender,
                runner,
                node.platform(),
                timer,
                metrics,
                journals,
                context -> threads.execute(() -> drop(context)),
                Set.copyOf(scripts));
        rates = new ClientRates(limits.actionsPerSecond(), node.platform().nanoTime());
        tenants = new OpenTenants<>(this::open, parts -> parts.pages().close());
        opening = new ContextOpening(this, tenants, requests, services, actionUrl);
        saves = new NodeSaves(this, contexts.values(), threads);
        node.contexts().onEnd(id -> {
            PageContext context = contexts.get(id);
            if (context != null) {
                threads.execute(() -> saves.end(context));
            }
        });
        node.onDrain(saves::saveAll);
        node.onLeave(saves::leaveAll);
        node.health().listen(event -> {
            if (event instanceof HealthEvent.PossibleLoss || event instanceof HealthEvent.Connected) {
                reload(event::affects);
            }
        });
        metrics.contexts(contexts::size);
        long seconds = SharedState.RELOAD.toSeconds();
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(
                () -> threads.execute(this::everyMinute), seconds, seconds, TimeUnit.SECONDS);
    }

    private void everyMinute() {
        tenants.closeUnused();
        reload(tenant -> true);
        saves.renew();
    }

    private void reload(Predicate<Tenant> chosen) {
        tenants.forEach(parts -> {
            if (chosen.test(parts.pages().tenant())) {
                parts.pages().state().reloadLater();
            }
        });
    }

    public ActionRunner runner() {
        return services.runner();
    }

    /** Reads the shared state of a tenant from the store. */
    private TenantParts open(Tenant tenant) {
        TenantPages pages = new TenantPages(
                tenant, node, limits.shared(), limits.actionTimeout(), services.sender(), services.metrics());
        try {
            pages.open();
        } catch (RuntimeException e) {
            pages.close();
            throw e;
        }
        return new TenantParts(pages, new PageEvents(tenant, node));
    }

    /** Creates contexts, and declares their pages. */
    public ContextOpening opening() {
        return opening;
    }

    /** A context has begun. */
    void add(PageContext context) {
        rates.add(context.owner());
        contexts.put(context.id(), context);
    }

    /** Ends a context whose page could not be declared. */
    void discard(PageContext context) {
        end(context.id(), () -> {});
        context.close();
        node.contexts().end(context.id());
    }

    /** @param done called after what the page does at its end */
    void end(String id, Runnable done) {
        PageContext context = contexts.remove(id);
        if (context == null) {
            done.run();
            return;
        }
        context.close();
        rates.remove(context.owner());
        context.runAtEnd(() -> {
            tenants.release(context.owner().tenant());
            done.run();
        });
    }

    /** A context has gone to another node: it ends here without what its page does at its end, and its stream is closed. */
    public void drop(PageContext context) {
        if (!contexts.remove(context.id(), context)) {
            return;
        }
        node.contexts().release(context.id());
        context.close();
        context.leave();
        rates.remove(context.owner());
        tenants.release(context.owner().tenant());
    }

    /** The stream of a context has opened. */
    public void opened(PageContext context, ClientStream stream) {
        context.opened(stream);
        listener.connected(context.describe());
    }

    /** A stream of a context has ended. */
    public void closed(PageContext context, ClientStream stream) {
        TabStream ended = context.closed(stream);
        if (ended != null) {
            try {
                listener.disconnected(context.describe());
            } finally {
                // The next stream may open now.
                ended.ended().complete(true);
            }
        }
    }

    /** Lets the tab that opened this stream load its page again. Its page is unknown, so it is told in the form of each script; a script ignores other forms. */
    public void reload(ClientStream stream) {
        protocols
                .renderers()
                .forEach(renderer ->
                        services.sender().reload(renderer, stream.grants().tenant(), Scope.tab(stream.context())));
    }

    /** Renders all views again, because their templates are others now. One that is busy for too long keeps its content. */
    public void renderAgain() {
        tenants.forEach(parts -> parts.pages().renderAgain());
        for (PageContext context : contexts.values()) {
            try {
                context.renderAgain();
            } catch (CarillonException e) {
                LOGGER.atWarn()
                        .addKeyValue("context", context.id())
                        .log("a page was not rendered again: {}", e.getMessage());
            }
        }
    }

    public List<OpenPage> list() {
        return contexts.values().stream().map(PageContext::describe).toList();
    }

    /**
     * A context of this node; null: there is none, or its page is still being declared.
     *
     * @throws CarillonException {@code context-refused} when it belongs to another client
     */
    public @Nullable PageContext context(String id, ClientIdentity owner) {
        PageContext context = contexts.get(id);
        if (context != null && !context.owner().equals(owner)) {
            throw new CarillonException(ErrorCode.CONTEXT_REFUSED, "the page belongs to another session");
        }
        return context == null || !context.isBuilt() ? null : context;
    }

    /** @throws CarillonException {@code too-many-requests} */
    public void requireRate(ClientIdentity owner) {
        rates.require(owner);
    }

    /** Number of open contexts. */
    public long count() {
        return contexts.size();
    }

    /** Number of open tenants. */
    int tenants() {
        return tenants.count();
    }

    /**
     * Leaves all contexts to other nodes. Those of pages that live in memory only end: waits for what they do at their end, but not for more than two seconds.
     */
    @Override
    public void close() {
        timer.shutdownNow();
        saves.leaveAll();
        tenants.close();
    }
}
