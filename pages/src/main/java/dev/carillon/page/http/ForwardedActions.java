package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.context.ActionRunner;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.page.journal.JournalEntry;
import dev.carillon.scope.Tenant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Actions whose request reached another node than that of the context: they run at its owner. A call is never repeated, so an action runs at most
 * once. The calling node has verified the client; calls between nodes are signed.
 */
final class ForwardedActions {
    /** The node does not have the context. */
    private static final String ABSENT = "absent";

    private static final String TENANT = "tenant";
    private static final String SESSION = "session";
    private static final String USER = "user";
    private static final String ACTION = "action";
    private static final String PATH = "path";
    /** Before the name of an attribute of the request. */
    private static final String ATTRIBUTE = "attribute.";

    private final ExtensionContext node;
    private final String name;
    private final Function<ActionCall, @Nullable ActionOutcome> local;

    /** @param local runs an action of this node; null: the context is not one of this node */
    ForwardedActions(ExtensionContext node, String name, Function<ActionCall, @Nullable ActionOutcome> local) {
        this.node = node;
        this.name = name;
        this.local = local;
    }

    void listen() {
        node.onCall(name, body -> {
            ActionOutcome outcome = local.apply(read(body, FormBody::read));
            return outcome == null ? ABSENT : outcome.write();
        });
    }

    /**
     * Runs an action at the owner of its context, as the record of the context names it.
     *
     * @return null: no node is known to own the context, or that one does not have it
     * @throws CarillonException as the call and as {@link ActionRunner#run}
     */
    @Nullable
    ActionOutcome run(ActionCall call) {
        return outcome(node.callOwner(call.owner().tenant(), call.context(), name, write(call)));
    }

    /** As {@link #run(ActionCall)}, at another owner. */
    @Nullable
    ActionOutcome run(ActionCall call, JournalEntry.Owner owner) {
        return outcome(node.callNode(owner.node(), owner.generation(), name, write(call)));
    }

    private static @Nullable ActionOutcome outcome(CompletionStage<Optional<String>> call) {
        String answer;
        try {
            answer = call.toCompletableFuture().join().orElse(ABSENT);
        } catch (CompletionException e) {
            throw e.getCause() instanceof CarillonException known ? known : e;
        }
        return answer.equals(ABSENT) ? null : ActionOutcome.read(answer);
    }

    static CarillonException unknown() {
        return new CarillonException(ErrorCode.NOT_FOUND, "the page has ended; load it again");
    }

    static String write(ActionCall call) {
        Map<String, String> head = new LinkedHashMap<>();
        head.put(TENANT, call.owner().tenant().name());
        head.put(SESSION, call.owner().session());
        String user = call.owner().user();
        if (user != null) {
            head.put(USER, user);
        }
        head.put(ACTION, call.action());
        head.put(PATH, call.path());
        call.attributes().forEach((attribute, text) -> head.put(ATTRIBUTE + attribute, text));
        return FormBody.write(head) + "\n" + FormBody.write(call.fields());
    }

    /** @param form reads the fields of the form */
    static ActionCall read(String body, Function<String, Map<String, String>> form) {
        String[] parts = body.split("\n", 2);
        Map<String, String> head = FormBody.readTrusted(parts[0]);
        Map<String, String> fields = form.apply(parts.length == 2 ? parts[1] : "");
        Map<String, String> attributes = new LinkedHashMap<>();
        head.forEach((field, text) -> {
            if (field.startsWith(ATTRIBUTE)) {
                attributes.put(field.substring(ATTRIBUTE.length()), text);
            }
        });
        return new ActionCall(
                new ClientIdentity(
                        Tenant.ofToken(head.getOrDefault(TENANT, "")), head.getOrDefault(SESSION, ""), head.get(USER)),
                head.getOrDefault(PATH, ""),
                fields.getOrDefault(PageDocument.CONTEXT_FIELD, ""),
                head.getOrDefault(ACTION, ""),
                fields,
                attributes);
    }
}
