package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.HealthEvent;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.Request;
import dev.carillon.page.signal.SharedState;
import dev.carillon.page.view.PatchSender;
import dev.carillon.page.view.TenantPages;
import dev.carillon.scope.Tenant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The contexts of an application on one node, and the shared state of their tenants. Thread-safe. */
public final class PageContexts implements AutoCloseable {
    private static final int MAX_TENANTS = 1_000;

    private final ExtensionContext node;
    private final ContextLimits limits;
    private final String actionUrl;
    private final PatchSender sender;
    private final ActionRunner runner;
    private final LongAdder sharedRenders = new LongAdder();
    private final LongAdder tabRenders = new LongAdder();
    private final Map<Tenant, TenantPages> tenants = new ConcurrentHashMap<>();
    /** By id; each ends with its context in the node, which bounds their number. */
    private final Map<String, PageContext> contexts = new ConcurrentHashMap<>();
    /** One for each client with a context. */
    private final Map<ClientIdentity, Client> clients = new ConcurrentHashMap<>();

    private final ScheduledFuture<?> reload;

    private record Client(ActionRate rate, int contexts) {}

    /** @param actionUrl prefix of the URL of an action, before its name */
    public PageContexts(ExtensionContext node, ContextLimits limits, String actionUrl, PatchSender sender) {
        this.node = node;
        this.limits = limits;
        this.actionUrl = actionUrl;
        this.sender = sender;
        this.runner = new ActionRunner(limits.actionTimeout(), node.platform().threads());
        Executor threads = node.platform().threads().each("carillon-context-end");
        node.contexts().onEnd(id -> {
            if (contexts.containsKey(id)) {
                threads.execute(() -> end(id));
            }
        });
        node.health().listen(event -> {
            if (event instanceof HealthEvent.PossibleLoss || event instanceof HealthEvent.Connected) {
                reloadAll();
            }
        });
        long seconds = SharedState.RELOAD.toSeconds();
        reload = node.platform().timer().scheduleWithFixedDelay(this::reloadAll, seconds, seconds, TimeUnit.SECONDS);
    }

    private void reloadAll() {
        tenants.values().forEach(tenant -> tenant.state().reloadLater());
    }

    public PatchSender sender() {
        return sender;
    }

    public ActionRunner runner() {
        return runner;
    }

    /** The shared state of a tenant; reads it from the store first. */
    private TenantPages tenant(Tenant tenant) {
        TenantPages known = tenants.get(tenant);
        if (known != null) {
            return known;
        }
        synchronized (this) {
            TenantPages opened = tenants.get(tenant);
            if (opened != null) {
                return opened;
            }
            if (tenants.size() >= MAX_TENANTS) {
                throw new CarillonException(
                        ErrorCode.OVERLOADED, "pages of " + MAX_TENANTS + " tenants are open, the maximum");
            }
            TenantPages pages = new TenantPages(
                    tenant, node, limits.shared(), limits.actionTimeout(), sender, sharedRenders);
            try {
                pages.open();
            } catch (RuntimeException e) {
                pages.close();
                throw e;
            }
            tenants.put(tenant, pages);
            return pages;
        }
    }

    /**
     * Creates the context of a page.
     *
     * @param path without the base path
     * @param parameters of the path
     */
    public PageContext create(Request request, PageDefinition page, String path, Map<String, String> parameters) {
        ClientIdentity owner = ClientIdentity.of(request);
        TenantPages tenant = tenant(owner.tenant());
        String id = node.contexts().create(request, PageContext.BYTES);
        PageContext context = new PageContext(id, owner, tenant, page.pattern(), path, sender, tabRenders);
        clients.merge(
                owner,
                new Client(
                        new ActionRate(
                                limits.actionsPerSecond(), node.platform().nanoTime()),
                        1),
                (before, first) -> new Client(before.rate(), before.contexts() + 1));
        contexts.put(id, context);
        try {
            PageDeclaration declaration = new PageDeclaration(context, parameters, actionUrl);
            page.build().accept(declaration);
            declaration.end();
            context.open();
        } catch (RuntimeException e) {
            end(id);
            context.close();
            node.contexts().end(id);
            throw e;
        }
        if (!node.contexts().keep(id)) {
            // It may have ended before its views were registered.
            end(id);
            context.close();
            throw PageContext.ended();
        }
        return context;
    }

    private void end(String id) {
        PageContext context = contexts.remove(id);
        if (context != null) {
            context.close();
            clients.computeIfPresent(
                    context.owner(),
                    (owner, client) ->
                            client.contexts() == 1 ? null : new Client(client.rate(), client.contexts() - 1));
        }
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

    /** Number of renderings of views of shared scopes. */
    public long sharedRenders() {
        return sharedRenders.sum();
    }

    /** Number of renderings of views of a tab. */
    public long tabRenders() {
        return tabRenders.sum();
    }

    @Override
    public void close() {
        reload.cancel(false);
        tenants.values().forEach(TenantPages::close);
    }
}
