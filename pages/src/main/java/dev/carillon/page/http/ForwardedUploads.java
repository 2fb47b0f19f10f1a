package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.page.context.PageContext;
import dev.carillon.page.context.PageContexts;
import dev.carillon.page.request.RequestState;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Forms with files whose request reached another node than that of the context: the rest of the body, from the first file on, is passed to the owner as it arrives,
 * which receives the files by the rules of the page and runs the action. A call is never repeated.
 */
final class ForwardedUploads {
    private static final String TYPE = "type";
    private static final String TOTAL = "total";
    private static final String RECEIVED = "received";

    /** Of one client; a node has few calls whose bodies arrive slowly. */
    private static final int MAX_PER_CLIENT = 4;

    private final Map<ClientIdentity, Integer> running = new ConcurrentHashMap<>();
    private final ExtensionContext node;
    private final String name;
    private final PageContexts contexts;
    private final UploadFiles uploads;
    private final BiFunction<ActionCall, RequestState, @Nullable ActionOutcome> local;

    /** @param local runs an action of this node; null: the context is not one of this node */
    ForwardedUploads(
            ExtensionContext node,
            String name,
            PageContexts contexts,
            UploadFiles uploads,
            BiFunction<ActionCall, RequestState, @Nullable ActionOutcome> local) {
        this.node = node;
        this.name = name;
        this.contexts = contexts;
        this.uploads = uploads;
        this.local = local;
    }

    void listen() {
        node.onStreamedCall(name, (head, body) -> {
            int line = head.indexOf('\n');
            return receive(
                    FormBody.readTrusted(head.substring(0, line)),
                    ForwardedActions.read(head.substring(line + 1), FormBody::readTrusted),
                    body);
        });
    }

    private String receive(Map<String, String> form, ActionCall call, InputStream body) throws IOException {
        PageContext context = contexts.context(call.context(), call.owner());
        if (context == null) {
            throw moved();
        }
        contexts.requireRate(call.owner());
        RequestState state = new RequestState(call.attributes());
        UploadForm.Rest rest = new UploadForm.Rest(
                form.getOrDefault(TYPE, ""),
                Long.parseLong(form.getOrDefault(TOTAL, "-1")),
                Long.parseLong(form.getOrDefault(RECEIVED, "0")));
        try (UploadForm upload = uploads.resume(call.fields(), body, rest)) {
            upload.receive(context);
            state.files(upload.files());
            ActionOutcome outcome = local.apply(call.with(upload), state);
            if (outcome == null) {
                throw moved();
            }
            return outcome.write();
        } finally {
            state.end();
        }
    }

    /** The record of the context is written a moment after it has moved. */
    private static CarillonException moved() {
        return new CarillonException(ErrorCode.CONTEXT_MOVED, "the page is on another node now; try again");
    }

    /**
     * Sends the files to the owner of the context and runs the action there.
     *
     * @return null: no node is known to own the context; no file has been read
     * @throws CarillonException {@code node-unreachable} when the owner ends meanwhile, {@code too-many-requests}, and as the owner
     */
    @Nullable
    ActionOutcome run(ActionCall call, UploadForm upload) {
        UploadForm.Rest rest = upload.rest();
        Map<String, String> form = new LinkedHashMap<>();
        form.put(TYPE, rest.contentType());
        form.put(TOTAL, Long.toString(rest.total()));
        form.put(RECEIVED, Long.toString(rest.received()));
        enter(call.owner());
        try {
            Optional<String> outcome = node.streamToOwner(
                    call.owner().tenant(),
                    call.context(),
                    name,
                    FormBody.write(form) + "\n" + ForwardedActions.write(call),
                    upload.remaining());
            return outcome.map(ActionOutcome::read).orElse(null);
        } catch (CarillonException e) {
            // The message of the call has the address of the node.
            throw e.code() == ErrorCode.NODE_UNREACHABLE
                    ? new CarillonException(
                            ErrorCode.NODE_UNREACHABLE,
                            "the files were not received: the node that has the page cannot be reached; load the page again",
                            e)
                    : e;
        } finally {
            leave(call.owner());
        }
    }

    private void enter(ClientIdentity client) {
        if (running.merge(client, 1, Integer::sum) > MAX_PER_CLIENT) {
            leave(client);
            throw new CarillonException(
                    ErrorCode.TOO_MANY_REQUESTS,
                    "this browser sends files in " + MAX_PER_CLIENT + " forms at the same time, the maximum");
        }
    }

    private void leave(ClientIdentity client) {
        running.computeIfPresent(client, (c, count) -> count == 1 ? null : count - 1);
    }
}
