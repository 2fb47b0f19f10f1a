package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.HealthEvent;
import dev.carillon.extension.ClientStream;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.Request;
import dev.carillon.page.OpenPage;
import dev.carillon.page.event.PageEvents;
import dev.carillon.page.request.RequestServices;
import dev.carillon.page.request.RequestState;
import dev.carillon.page.signal.SharedState;
import dev.carillon.page.view.PageMetrics;
import dev.carillon.page.view.PatchSender;
import dev.carillon.page.view.TenantPages;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The contexts of an application on one node, and the shared state of their tenants. Thread-safe. */
public final class PageContexts implements AutoCloseable {
    /** How long the end of a node waits for what its pages do at their end. */
    private static final Duration END = Duration.ofSeconds(2);

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
    /** One for each client with a context. */
    private final Map<ClientIdentity, Client> clients = new ConcurrentHashMap<>();

    private final ScheduledFuture<?> minutely;

    private record Client(ActionRate rate, int contexts) {}

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
            Set<String> scripts,
            PageListener listener) {
        this.requests = requests;
        this.node = requests.node();
        this.limits = limits;
        this.actionUrl = actionUrl;
        this.listener = listener;
        ActionRunner runner =
                new ActionRunner(limits.actionTimeout(), node.platform().threads(), metrics);
        services = new ContextServices(sender, runner, node.platform(), metrics, Set.copyOf(scripts));
        tenants = new OpenTenants<>(this::open, parts -> parts.pages().close());
        threads = node.platform().threads().each("carillon-context-end");
        node.contexts().onEnd(id -> {
            if (contexts.containsKey(id)) {
                threads.execute(() -> end(id, () -> {}));
            }
        });
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
        ClientIdentity owner = ClientIdentity.of(request);
        TenantParts tenant = tenants.acquire(owner.tenant());
        PageContext context;
        try {
            String id = node.contexts().create(request, PageContext.BYTES);
            context = new PageContext(id, owner, tenant, page, path, services);
        } catch (RuntimeException e) {
            tenants.release(owner.tenant());
            throw e;
        }
        clients.merge(
                owner,
                new Client(
                        new ActionRate(
                                limits.actionsPerSecond(), node.platform().nanoTime()),
                        1),
                (before, first) -> new Client(before.rate(), before.contexts() + 1));
        contexts.put(context.id(), context);
        try {
            PageDeclaration declaration = new PageDeclaration(
                    context,
                    node,
                    parameters,
                    actionUrl,
                    new RequestDeclaration(owner, request, requests),
                    requests.links());
            page.build().accept(declaration);
            declaration.end();
            RequestState state = RequestState.currentOrNull();
            if (state != null && state.redirect() != null) {
                discard(context);
                return null;
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

    /** @param done called after what the page does at its end */
    private void end(String id, Runnable done) {
        PageContext context = contexts.remove(id);
        if (context == null) {
            done.run();
            return;
        }
        context.close();
        clients.computeIfPresent(
                context.owner(),
                (owner, client) -> client.contexts() == 1 ? null : new Client(client.rate(), client.contexts() - 1));
        context.runAtEnd(() -> {
            tenants.release(context.owner().tenant());
            done.run();
        });
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
        Client client = clients.get(owner);
        if (client != null && !client.rate().permits()) {
            throw new CarillonException(
                    ErrorCode.TOO_MANY_REQUESTS,
                    "this browser runs more than " + limits.actionsPerSecond() + " actions per second");
        }
    }

    /** Number of open contexts. */
    public long count() {
        return contexts.size();
    }

    /** Number of open tenants. */
    int tenants() {
        return tenants.count();
    }

    /** Ends all contexts; waits for what their pages do at their end, but not longer than {@link #END}. */
    @Override
    public void close() {
        minutely.cancel(false);
        List<String> ids = List.copyOf(contexts.keySet());
        CountDownLatch left = new CountDownLatch(ids.size());
        ids.forEach(id -> threads.execute(() -> end(id, left::countDown)));
        try {
            boolean _ = left.await(END.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tenants.close();
    }
}
