package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.Request;
import dev.carillon.page.journal.JournalEntry;
import dev.carillon.page.journal.Journals;
import dev.carillon.page.request.RequestServices;
import dev.carillon.page.request.RequestState;
import dev.carillon.page.trace.PageTrace;
import dev.carillon.page.trace.PageTracer;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Opens contexts on a node: new ones, and those that another node or this one has saved. Thread-safe; blocks. */
public final class ContextOpening {
    private final PageContexts contexts;
    private final OpenTenants<TenantParts> tenants;
    private final RequestServices requests;
    private final ExtensionContext node;
    private final ContextServices services;
    private final String actionUrl;

    /** @param actionUrl prefix of the URL of an action, before its name */
    ContextOpening(
            PageContexts contexts,
            OpenTenants<TenantParts> tenants,
            RequestServices requests,
            ContextServices services,
            String actionUrl) {
        this.contexts = contexts;
        this.tenants = tenants;
        this.requests = requests;
        this.node = requests.node();
        this.services = services;
        this.actionUrl = actionUrl;
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
        contexts.add(context);
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
            if (!traced(context, () -> declare(context, declaration, saved))) {
                contexts.discard(context);
                return null;
            }
        } catch (Throwable e) {
            // An Error too: half a page must not be found.
            contexts.discard(context);
            throw e;
        }
        if (!node.contexts().keep(context.id())) {
            // It may have ended before its views were registered.
            contexts.end(context.id(), () -> {});
            context.close();
            throw saved == null
                    ? ended()
                    : new CarillonException(ErrorCode.CONTEXT_MOVED, "the page was opened too slowly; try again");
        }
        return context;
    }

    static CarillonException ended() {
        return new CarillonException(
                ErrorCode.TOO_MANY_REQUESTS, "the page has ended: this browser opened too many pages at once");
    }

    /** Declares the page and renders it; false: it leads elsewhere. */
    private static boolean declare(PageContext context, PageDeclaration declaration, Journals.@Nullable Found saved) {
        context.page().build().accept(declaration);
        declaration.end();
        RequestState state = RequestState.currentOrNull();
        if (state != null && state.redirect() != null) {
            return false;
        }
        if (saved != null) {
            context.saves().restore(saved.entry());
        }
        context.open();
        return true;
    }

    /** In development mode the opening of a page has a trace. */
    private boolean traced(PageContext context, BooleanSupplier open) {
        PageTracer tracer = services.metrics().tracer();
        if (tracer == null) {
            return open.getAsBoolean();
        }
        AtomicBoolean opened = new AtomicBoolean();
        tracer.run(
                new PageTrace.Subject("page", context.page().pattern(), context.id(), context.path()),
                () -> opened.set(open.getAsBoolean()));
        return opened.get();
    }
}
