package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.BrowserSession;
import dev.carillon.extension.Request;
import dev.carillon.extension.Response;
import dev.carillon.page.PageRequest;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.page.context.PageContext;
import dev.carillon.page.context.PageContexts;
import dev.carillon.page.context.PageDefinition;
import dev.carillon.page.multipart.ContentType;
import dev.carillon.page.request.RequestServices;
import dev.carillon.page.request.RequestState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Requests for actions, with and without files: checks them, runs the middleware of their page, and then the action where its context is. */
final class ActionRoutes {
    private static final Pattern CONTEXT_ID = Pattern.compile("[A-Za-z0-9_-]{22}");

    private final RequestServices services;
    private final PageContexts contexts;
    private final PageFinder pages;
    private final OriginCheck origins;
    private final ActionAnswers answers;
    private final UploadFiles uploads;
    private final ForwardedActions forwarded;
    private final ForwardedUploads forwardedUploads;
    private final String home;

    /**
     * The actions of an application.
     *
     * @param name of the application among those of the node
     * @param home URL of its first page
     */
    ActionRoutes(
            RequestServices services,
            PageContexts contexts,
            PageFinder pages,
            List<String> trustedOrigins,
            ActionAnswers answers,
            UploadFiles uploads,
            String name,
            String home) {
        this.services = services;
        this.contexts = contexts;
        this.pages = pages;
        this.origins = new OriginCheck(trustedOrigins);
        this.answers = answers;
        this.uploads = uploads;
        this.home = home;
        String calls = ("pages" + name.toLowerCase(Locale.ROOT)).replaceAll("[^a-z0-9/-]", "-");
        this.forwarded = new ForwardedActions(services.node(), calls, this::runForwarded);
        this.forwardedUploads = new ForwardedUploads(services.node(), calls, contexts, uploads, this::run);
    }

    void listen() {
        forwarded.listen();
        forwardedUploads.listen();
    }

    /**
     * A form.
     *
     * @param fields those that have been read
     * @param upload null: it has no files
     */
    private record Form(
            Map<String, String> fields, @Nullable UploadForm upload) implements AutoCloseable {
        @Override
        public void close() {
            if (upload != null) {
                upload.close();
            }
        }
    }

    Response act(Request request, InputStream body) throws Exception {
        try {
            origins.check(request);
            try (Form form = form(request, body)) {
                return act(request, form);
            }
        } catch (CarillonException e) {
            return answers.refused(request, e, home);
        }
    }

    private Form form(Request request, InputStream body) throws IOException {
        String type = request.header("Content-Type").orElse("");
        return switch (ContentType.mediaType(type)) {
            case FormBody.TYPE -> {
                byte[] bytes = body.readNBytes(FormBody.MAX_BYTES + 1);
                if (bytes.length > FormBody.MAX_BYTES) {
                    throw FormBody.tooLarge();
                }
                yield new Form(FormBody.read(new String(bytes, StandardCharsets.UTF_8)), null);
            }
            case ContentType.FORM_DATA -> {
                UploadForm upload = uploads.begin(request, body, type);
                yield new Form(upload.fields(), upload);
            }
            default ->
                throw new CarillonException(
                        ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                        "actions take " + FormBody.TYPE + " and " + ContentType.FORM_DATA);
        };
    }

    private Response act(Request request, Form form) throws Exception {
        String id = form.fields().getOrDefault(PageDocument.CONTEXT_FIELD, "");
        if (!CONTEXT_ID.matcher(id).matches()) {
            throw new CarillonException(
                    ErrorCode.NOT_FOUND, "field " + PageDocument.CONTEXT_FIELD + ": there is no such page");
        }
        ClientIdentity owner = ClientIdentity.of(request);
        PageContext context = contexts.context(id, owner);
        String path = context == null ? form.fields().getOrDefault(PageDocument.PAGE_FIELD, "") : context.path();
        PageDefinition page = context == null ? pages.find(path) : context.page();
        RequestState state = new RequestState(Map.of());
        PageRequest.Kind kind = form.upload() == null ? PageRequest.Kind.ACTION : PageRequest.Kind.UPLOAD;
        RequestView view = new RequestView(
                request,
                new RequestView.Target(kind, path, page == null ? Map.of() : pages.parameters(page, path)),
                owner,
                services,
                state,
                target -> answers.redirect(request, target));
        try {
            Response answer = state.<Response, Exception>call(() ->
                    MiddlewareChain.answer(page == null ? List.of() : page.middleware(), view, () -> {
                        UploadForm upload = form.upload();
                        if (upload != null && context != null) {
                            receive(upload, context, owner, state);
                        }
                        ActionCall call = new ActionCall(
                                owner,
                                page == null ? "" : path,
                                id,
                                request.pathParameter("action"),
                                form.fields(),
                                state.attributes());
                        return answers.done(request, runAtOwner(call, context == null ? upload : null, state), id);
                    }));
            BrowserSession next = state.session();
            if (next != null && next.equals(answer.session())) {
                // Only now does the browser receive the other cookie; before, its values would be lost with the answer.
                services.sessions().end(owner.tenant(), owner.session());
            }
            return answer;
        } finally {
            state.end();
        }
    }

    /** Receives the files of a form where their context is: the rules for them are there. */
    private void receive(UploadForm upload, PageContext context, ClientIdentity owner, RequestState state)
            throws IOException {
        contexts.requireRate(owner);
        upload.receive(context);
        state.files(upload.files());
    }

    /** @param upload files that the owner receives; null: none */
    private ActionOutcome runAtOwner(ActionCall call, @Nullable UploadForm upload, RequestState state) {
        ActionOutcome local = upload == null ? run(call, state) : null;
        if (local != null) {
            return local;
        }
        ActionOutcome outcome = upload == null ? forwarded.run(call) : forwardedUploads.run(call, upload);
        BrowserSession next = outcome.session();
        if (next != null) {
            state.session(next);
        }
        return outcome;
    }

    private @Nullable ActionOutcome runForwarded(ActionCall call) {
        RequestState state = new RequestState(call.attributes());
        try {
            return run(call, state);
        } finally {
            state.end();
        }
    }

    /** Runs an action of a context of this node; null: it is not one of this node. */
    private @Nullable ActionOutcome run(ActionCall call, RequestState state) {
        PageContext context = contexts.context(call.context(), call.owner());
        if (context == null) {
            return null;
        }
        // The node that the request reached took the path from the request.
        if (!context.path().equals(call.path()) && !context.page().middleware().isEmpty()) {
            throw new CarillonException(
                    ErrorCode.CONTEXT_REFUSED, "field " + PageDocument.PAGE_FIELD + ": is not the path of the page");
        }
        contexts.requireRate(call.owner());
        boolean _ = services.node().contexts().keep(call.context());
        try {
            contexts.runner().run(context, call.action(), call.inputs(), state);
        } catch (CarillonException e) {
            state.session(null);
            throw e;
        }
        return ActionOutcome.of(context.path(), state);
    }
}
