package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.HealthEvent;
import dev.carillon.extension.ClientStream;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.Request;
import dev.carillon.page.OpenPage;
import dev.carillon.page.event.PageEvents;
import dev.carillon.page.journal.JournalEntry;
import dev.carillon.page.journal.Journals;
import dev.carillon.page.request.RequestServices;
import dev.carillon.page.request.RequestState;
import dev.carillon.page.signal.SharedState;
import dev.carillon.page.view.PageMetrics;
import dev.carillon.page.view.PatchSender;
import dev.carillon.page.view.TenantPages;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The contexts of an application on one node, and the shared state of their tenants. Thread-safe. */
public final class PageContexts implements AutoCloseable {
    /** How long the end of a node waits for what its pages do at their end. */
    private static final Duration END = Duration.ofSeconds(2);

    /** Journals that are written at a time beside those of actions. */
    private static final int BATCH = 200;

    private static final Logger LOGGER = LoggerFactory.getLogger(PageContexts.class);

    private final ExtensionContext node;
    private final ContextLimits limits;
    private final String actionUrl;
    private final RequestServices requests;
    private final ContextServices services;
    private final PageListener listener;
    private final Executor threads;
    private final OpenTenants<TenantParts> tenants;
    /** By id; each ends with its context in the node, which bounds their number. */
    private final Map<String, PageContext> contexts = new ConcurrentHashMap<>();
    private final ClientRates rates;

    private final ScheduledFuture<?> minutely;

    /**
     * @param actionUrl prefix of the URL of an action, before its name
     * @param scripts names of the scripts that pages may run
     */
    public PageContexts(
            RequestServices requests,
            ContextLimits limits,
            String actionUrl,
            PatchSender sender,
            PageMetrics metrics,
            Journals journals,
            Set<String> scripts,
            PageListener listener) {
        this.requests = requests;
        this.node = requests.node();
        this.limits = limits;
        this.actionUrl = actionUrl;
        this.listener = listener;
        ActionRunner runner =
                new ActionRunner(limits.actionTimeout(), node.platform().threads(), metrics);
        threads = node.platform().threads().each("carillon-context-end");
        services = new ContextServices(
                sender,
                runner,
                node.platform(),
                metrics,
                journals,
                context -> threads.execute(() -> drop(context)),
                Set.copyOf(scripts));
        rates = new ClientRates(limits.actionsPerSecond(), node.platform().nanoTime());
        tenants = new OpenTenants<>(this::open, parts -> parts.pages().close());
        node.contexts().onEnd(id -> {
            if (contexts.containsKey(id)) {
                threads.execute(() -> endSaved(id));
            }
        });
        node.onDrain(() -> inBatches(context -> context.saves().saveIdle()));
        node.health().listen(event -> {
            if (event instanceof HealthEvent.PossibleLoss || event instanceof HealthEvent.Connected) {
                reloadAll();
            }
        });
        metrics.contexts(contexts::size);
        long seconds = SharedState.RELOAD.toSeconds();
        minutely = node.platform()
                .timer()
                .scheduleWithFixedDelay(() -> threads.execute(this::everyMinute), seconds, seconds, TimeUnit.SECONDS);
    }

    private void everyMinute() {
        tenants.closeUnused();
        reloadAll();
        inBatches(context -> context.saves().renew());
    }

    /** Waits for each batch, so that writes are spread and their number is bounded. */
    private void inBatches(Function<PageContext, CompletableFuture<Void>> write) {
        List<CompletableFuture<Void>> batch = new ArrayList<>();
        for (PageContext context : contexts.values()) {
            batch.add(write.apply(context));
            if (batch.size() == BATCH) {
                awaitAll(batch);
                batch.clear();
            }
        }
        awaitAll(batch);
    }

    private static void awaitAll(List<CompletableFuture<Void>> batch) {
        var _ = CompletableFuture.allOf(batch.toArray(CompletableFuture[]::new))
                .exceptionally(e -> null)
                .join();
    }

    private void reloadAll() {
        tenants.forEach(tenant -> tenant.pages().state().reloadLater());
    }

    public PatchSender sender() {
        return services.sender();
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

    /**
     * Creates the context of a page.
     *
     * @param path without the base path
     * @param parameters of the path
     * @return null: the page leads elsewhere, and its context has ended
     */
    public @Nullable PageContext create(
            Request request, PageDefinition page, String path, Map<String, String> parameters) {
        RequestState state = RequestState.currentOrNull();
        JournalEntry.Source source = new JournalEntry.Source(
                page.pattern(), path, request.query(), state == null ? Map.of() : state.attributes());
        return open(
                request,
                page,
                parameters,
                source,
                services.journals().newOwner(),
                () -> node.contexts().create(request, PageContext.BYTES),
                null);
    }

    /**
     * Declares the page of a context again, which another node or this one has saved, with the saved state.
     *
     * @param id of the context, which this node must not have
     * @param saved as this node has taken it over
     * @param returning whether the request opens the stream of the context
     * @return null: the page leads elsewhere, and its context has ended
     */
    public @Nullable PageContext revive(
            Request request,
            String id,
            PageDefinition page,
            Map<String, String> parameters,
            Journals.Found saved,
            boolean returning) {
        Supplier<String> adopt = () -> {
            // One without a page may have been left.
            node.contexts().release(id);
            if (!node.contexts().adopt(request, id, PageContext.BYTES, returning)) {
                throw new CarillonException(ErrorCode.CONTEXT_MOVED, "the page is being opened; try again");
            }
            return id;
        };
        return open(
                request, page, parameters, saved.entry().source(), saved.entry().owner(), adopt, saved);
    }

    private @Nullable PageContext open(
            Request request,
            PageDefinition page,
            Map<String, String> parameters,
            JournalEntry.Source source,
            JournalEntry.Owner life,
            Supplier<String> reserve,
            Journals.@Nullable Found saved) {
        ClientIdentity owner = ClientIdentity.of(request);
        TenantParts tenant = tenants.acquire(owner.tenant());
        PageContext context;
        try {
            context = new PageContext(reserve.get(), owner, tenant, page, source, life, services);
        } catch (RuntimeException e) {
            tenants.release(owner.tenant());
            throw e;
        }
        rates.add(owner);
        contexts.put(context.id(), context);
        try {
            if (saved != null) {
                context.saves().revive(saved);
            }
            PageDeclaration declaration = new PageDeclaration(
                    context,
                    node,
                    parameters,
                    actionUrl,
                    new RequestDeclaration(owner, request, saved == null ? null : source.query(), requests),
                    requests.links());
            page.build().accept(declaration);
            declaration.end();
            RequestState state = RequestState.currentOrNull();
            if (state != null && state.redirect() != null) {
                discard(context);
                return null;
            }
            if (saved != null) {
                context.saves().restore(saved.entry());
            }
            context.open();
        } catch (RuntimeException e) {
            discard(context);
            throw e;
        }
        if (!node.contexts().keep(context.id())) {
            // It may have ended before its views were registered.
            end(context.id(), () -> {});
            context.close();
            throw PageContext.ended();
        }
        return context;
    }

    private void discard(PageContext context) {
        end(context.id(), () -> {});
        context.close();
        node.contexts().end(context.id());
    }

    /** The node has ended a context, whose client may still come back: its state is saved, unless it is on another node already. */
    private void endSaved(String id) {
        PageContext context = contexts.get(id);
        if (context == null) {
            return;
        }
        var _ = context.saves().saveIdle().exceptionally(e -> null).join();
        if (context.saves().hasMoved()) {
            drop(context);
        } else {
            end(id, () -> {});
        }
    }

    /** @param done called after what the page does at its end */
    private void end(String id, Runnable done) {
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

    /** Lets the tab that opened this stream load its page again. */
    public void reload(ClientStream stream) {
        services.sender().reload(stream.grants().tenant(), Scope.tab(stream.context()));
    }

    public List<OpenPage> list() {
        return contexts.values().stream().map(PageContext::describe).toList();
    }

    /**
     * A context of this node; null: there is none.
     *
     * @throws CarillonException {@code context-refused} when it belongs to another client
     */
    public @Nullable PageContext context(String id, ClientIdentity owner) {
        PageContext context = contexts.get(id);
        if (context != null && !context.owner().equals(owner)) {
            throw new CarillonException(ErrorCode.CONTEXT_REFUSED, "the page belongs to another session");
        }
        return context;
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
     * Leaves all contexts to other nodes. Those of pages that live in memory only end: waits for what they do at their end, but not longer than {@link
     * #END}.
     */
    @Override
    public void close() {
        minutely.cancel(false);
        List<PageContext> all = List.copyOf(contexts.values());
        CountDownLatch left = new CountDownLatch(all.size());
        all.forEach(context -> threads.execute(() -> leave(context, left::countDown)));
        try {
            boolean _ = left.await(END.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tenants.close();
    }

    private void leave(PageContext context, Runnable done) {
        if (!context.saves().isSaved()) {
            end(context.id(), done);
            return;
        }
        try {
            context.saves().handOver(END);
        } catch (CarillonException e) {
            LOGGER.atWarn().addKeyValue("context", context.id()).log("a page is not saved: {}", e.getMessage());
        }
        drop(context);
        done.run();
    }
}
