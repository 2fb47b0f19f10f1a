package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.RandomIds;
import dev.carillon.extension.BrowserSession;
import dev.carillon.extension.Request;
import dev.carillon.extension.Response;
import dev.carillon.page.PageRequest;
import dev.carillon.page.context.ActionRunner;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.page.context.PageContext;
import dev.carillon.page.context.PageContexts;
import dev.carillon.page.context.PageDefinition;
import dev.carillon.page.journal.JournalEntry;
import dev.carillon.page.markup.PageProtocols;
import dev.carillon.page.multipart.ContentType;
import dev.carillon.page.request.RequestServices;
import dev.carillon.page.request.RequestState;
import dev.carillon.page.revival.KnownOwners;
import dev.carillon.page.revival.Revivals;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Requests for actions, with and without files: checks them, runs the middleware of their page, and then the action where its context is. */
final class ActionRoutes {
    private static final Pattern CONTEXT_ID = Pattern.compile("[A-Za-z0-9_-]{22}");
    /** Nothing has happened, or what has happened is not saved yet. */
    private static final Set<ErrorCode> REPEATED = EnumSet.of(
            ErrorCode.CONTEXT_MOVED,
            ErrorCode.DRAINING,
            ErrorCode.NODE_UNREACHABLE,
            ErrorCode.BROKER_UNAVAILABLE,
            ErrorCode.OVERLOADED);

    private static final Set<ErrorCode> UNANSWERED =
            EnumSet.of(ErrorCode.NODE_UNREACHABLE, ErrorCode.WRONG_NODE, ErrorCode.CONTEXT_MOVED, ErrorCode.DRAINING);

    private final RequestServices services;
    private final PageContexts contexts;
    private final PageFinder pages;
    private final OriginCheck origins;
    private final PageProtocols protocols;
    private final ActionAnswers answers;
    private final UploadFiles uploads;
    private final ForwardedActions forwarded;
    private final ForwardedUploads forwardedUploads;
    private final Revivals revivals;
    private final KnownOwners owners = new KnownOwners();
    private final ActionRouting routing;
    private final String home;

    /**
     * The actions of an application.
     *
     * @param name of calls between nodes
     * @param home URL of its first page
     */
    ActionRoutes(
            RequestServices services,
            PageContexts contexts,
            PageFinder pages,
            PageRoutes.Site site,
            ActionAnswers answers,
            UploadFiles uploads,
            Revivals revivals,
            String name,
            String home) {
        this.services = services;
        this.contexts = contexts;
        this.pages = pages;
        this.origins = new OriginCheck(site.trustedOrigins());
        this.protocols = site.protocols();
        this.answers = answers;
        this.uploads = uploads;
        this.home = home;
        this.forwarded = new ForwardedActions(services.node(), name, this::runForwarded);
        this.forwardedUploads = new ForwardedUploads(services.node(), name, contexts, uploads, this::runAdmitted);
        this.revivals = revivals;
        this.routing = new ActionRouting(services.node().metrics(), home);
    }

    /** Whether a text may be the id of a context. */
    static boolean isContext(String id) {
        return CONTEXT_ID.matcher(id).matches();
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
        boolean repeatable = false;
        try {
            origins.check(request);
            try (Form form = form(request, body)) {
                repeatable = form.fields().containsKey(PageDocument.ID_FIELD);
                return act(request, form);
            }
        } catch (CarillonException e) {
            if (repeatable && REPEATED.contains(e.code()) && answers.isForScript(request)) {
                // Without a patch, so the script sends the action again.
                throw e;
            }
            return answers.refused(request, e, home);
        }
    }

    /** Browsers send other requests without a user who asks for it, such as those for links and images of another site: they change nothing (RFC 9110, 9.2.1). */
    Response refuseMethod(Request request) {
        CarillonException refused = new CarillonException(
                ErrorCode.METHOD_NOT_ALLOWED, "actions change state, and run by POST alone: use @post for them");
        return answers.refused(request, refused, home).header("Allow", "POST");
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
            case SignalsBody.TYPE -> {
                if (!protocols.keepSignals()) {
                    throw unsupported(FormBody.TYPE + " and " + ContentType.FORM_DATA);
                }
                byte[] bytes = body.readNBytes(FormBody.MAX_BYTES + 1);
                yield new Form(SignalsBody.read(bytes, request.query()), null);
            }
            case ContentType.FORM_DATA -> {
                UploadForm upload = uploads.begin(request, body, type);
                yield new Form(upload.fields(), upload);
            }
            default ->
                throw unsupported(
                        protocols.keepSignals()
                                ? SignalsBody.TYPE + ", " + FormBody.TYPE + " and " + ContentType.FORM_DATA
                                : FormBody.TYPE + " and " + ContentType.FORM_DATA);
        };
    }

    private static CarillonException unsupported(String types) {
        return new CarillonException(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "actions take " + types);
    }

    private Response act(Request request, Form form) throws Exception {
        ActionCall.checkId(form.fields());
        String id = form.fields().getOrDefault(PageDocument.CONTEXT_FIELD, "");
        if (!isContext(id)) {
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
                        ActionCall call = new ActionCall(
                                owner,
                                page == null ? "" : path,
                                id,
                                request.pathParameter("action"),
                                form.fields(),
                                state.attributes());
                        ActionOutcome outcome = upload == null
                                ? runAtOwner(request, call, state)
                                : runWithFiles(request, call, upload, context, state);
                        return answers.done(request, takeSession(outcome, state), id);
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
    private void receive(UploadForm upload, PageContext context, ActionCall call, RequestState state)
            throws IOException {
        contexts.requireRate(call.owner());
        requirePath(context, call);
        upload.receive(context);
        state.files(upload.files());
    }

    private ActionOutcome runAtOwner(Request request, ActionCall call, RequestState state) {
        ActionOutcome outcome = run(call, state);
        routing.count(outcome != null);
        if (outcome == null) {
            outcome = elsewhere(call);
        }
        if (outcome != null) {
            return outcome;
        }
        if (revivals.revive(request, call.context(), Revivals.Use.ACTION, call.path()) == null) {
            throw ForwardedActions.unknown();
        }
        outcome = run(call, state);
        if (outcome == null) {
            throw Revivals.moved();
        }
        return outcome;
    }

    /** @param context null: not one of this node */
    private ActionOutcome runWithFiles(
            Request request, ActionCall call, UploadForm upload, @Nullable PageContext context, RequestState state)
            throws IOException {
        PageContext receiver = context;
        routing.count(receiver != null);
        if (receiver == null) {
            ActionOutcome outcome = forwardedUploads.run(call, upload);
            if (outcome != null) {
                return outcome;
            }
            receiver = revivals.revive(request, call.context(), Revivals.Use.ACTION, call.path());
        }
        if (receiver == null) {
            throw ForwardedActions.unknown();
        }
        receive(upload, receiver, call, state);
        ActionOutcome outcome = runAdmitted(call, state);
        if (outcome == null) {
            // Another node has taken the context over meanwhile, without the files.
            throw new CarillonException(
                    ErrorCode.CONTEXT_MOVED, "the page has moved to another node: send the files again");
        }
        return outcome;
    }

    /** The session that an action, perhaps on another node, gives the browser. */
    private static ActionOutcome takeSession(ActionOutcome outcome, RequestState state) {
        BrowserSession next = outcome.session();
        if (next != null) {
            state.session(next);
        }
        return outcome;
    }

    /**
     * Runs an action at the node that has its context: the one that had it a moment ago, then that of its journal; without one, that of its record. Null: none
     * does, as far as known.
     */
    private @Nullable ActionOutcome elsewhere(ActionCall call) {
        String id = call.context();
        JournalEntry.Owner known = owners.of(id);
        if (known != null) {
            ActionOutcome outcome = at(known, call);
            if (outcome != null) {
                return outcome;
            }
        }
        Optional<JournalEntry.Owner> saved = revivals.owner(call.owner().tenant(), id);
        if (saved.isPresent()) {
            return saved.get().equals(known) ? null : at(saved.get(), call);
        }
        // The page has not been saved yet, or lives in memory only.
        return nullIfUnanswered(call, () -> forwarded.run(call));
    }

    private @Nullable ActionOutcome at(JournalEntry.Owner owner, ActionCall call) {
        owners.forget(call.context());
        if (call.isRepeatable() && revivals.isUnreachable(owner)) {
            return null;
        }
        ActionOutcome outcome = nullIfUnanswered(call, () -> passOn(call, owner));
        if (outcome != null) {
            owners.know(call.context(), owner);
        }
        return outcome;
    }

    private @Nullable ActionOutcome passOn(ActionCall call, JournalEntry.Owner owner) {
        try {
            return forwarded.run(call, owner);
        } catch (CarillonException e) {
            if (e.code() == ErrorCode.NODE_UNREACHABLE) {
                revivals.noteUnreachable(owner);
            }
            throw e;
        }
    }

    /** Whether an action without an answer has run is unknown. If it may be sent again, its key in the journal says so. */
    private static @Nullable ActionOutcome nullIfUnanswered(ActionCall call, Supplier<@Nullable ActionOutcome> run) {
        try {
            return run.get();
        } catch (CarillonException e) {
            if (call.isRepeatable() && UNANSWERED.contains(e.code())) {
                return null;
            }
            throw e;
        }
    }

    /** The node that the request reached took the path from the request. */
    private static void requirePath(PageContext context, ActionCall call) {
        if (!context.path().equals(call.path()) && !context.page().middleware().isEmpty()) {
            throw new CarillonException(
                    ErrorCode.CONTEXT_REFUSED, "field " + PageDocument.PAGE_FIELD + ": is not the path of the page");
        }
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
        if (contexts.context(call.context(), call.owner()) != null) {
            contexts.requireRate(call.owner());
        }
        return runAdmitted(call, state);
    }

    /** As {@link #run}; the rate of the client has been checked. */
    private @Nullable ActionOutcome runAdmitted(ActionCall call, RequestState state) {
        PageContext context = contexts.context(call.context(), call.owner());
        if (context == null) {
            return null;
        }
        requirePath(context, call);
        boolean _ = services.node().contexts().keep(call.context());
        ActionRunner.Call action = new ActionRunner.Call(
                call.action(),
                call.key(() -> RandomIds.uuid(services.node().platform().secureRandom())
                        .toString()),
                call.inputs());
        try {
            String answer = context.saves()
                    .actions()
                    .run(
                            action.key(),
                            () -> contexts.runner().run(context, action, state),
                            () -> ActionOutcome.of(context.path(), state).write(),
                            context.saves()::save);
            ActionOutcome outcome = answer == null ? ActionOutcome.ended(context.path()) : ActionOutcome.read(answer);
            return outcome.with(context.rewritten(action.fields(), call.pressed()));
        } catch (CarillonException e) {
            state.session(null);
            throw e;
        }
    }
}
