package dev.carillon.page.revival;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.page.context.PageContext;
import dev.carillon.page.context.PageContexts;
import dev.carillon.page.journal.JournalEntry;
import dev.carillon.scope.Tenant;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * Calls by which a node asks for a context of another one, which then saves it and gives it up. The calling node has verified the client; calls between nodes
 * are signed.
 */
final class Releases {
    /** The owner has saved the context and given it up. */
    static final String RELEASED = "released";
    /** The owner does not have it. */
    static final String ABSENT = "absent";
    /** It lives in memory only, or is used by another tab. */
    static final String KEPT = "kept";

    private static final int FIELDS = 5;

    private final ExtensionContext node;
    private final PageContexts contexts;
    private final String name;
    private final Duration limit;

    /**
     * @param name of the calls of the application
     * @param limit how long the end of a running action is awaited
     */
    Releases(ExtensionContext node, PageContexts contexts, String name, Duration limit) {
        this.node = node;
        this.contexts = contexts;
        this.name = name;
        this.limit = limit;
    }

    /**
     * A request for a context.
     *
     * @param use for which it is wanted
     */
    record Wanted(ClientIdentity client, String context, Revivals.Use use) {
        String write() {
            String user = client.user();
            return String.join(
                    " ",
                    encoded(client.tenant().name()),
                    encoded(context),
                    encoded(client.session()),
                    use.name(),
                    user == null ? "" : "u" + encoded(user));
        }

        static Wanted read(String text) {
            String[] fields = text.split(" ", -1);
            if (fields.length < FIELDS) {
                throw new IllegalArgumentException("a release has " + fields.length + " fields");
            }
            String user = fields[4];
            return new Wanted(
                    new ClientIdentity(
                            Tenant.ofToken(decoded(fields[0])),
                            decoded(fields[2]),
                            user.isEmpty() ? null : decoded(user.substring(1))),
                    decoded(fields[1]),
                    use(fields[3]));
        }

        /** Another use of a later release: the context is saved and given up as for an action. */
        private static Revivals.Use use(String name) {
            return Stream.of(Revivals.Use.values())
                    .filter(use -> use.name().equals(name))
                    .findFirst()
                    .orElse(Revivals.Use.ACTION);
        }

        private static String encoded(String text) {
            return URLEncoder.encode(text, StandardCharsets.UTF_8);
        }

        private static String decoded(String text) {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        }
    }

    void listen() {
        node.onCall(name, body -> release(Wanted.read(body)));
    }

    private String release(Wanted wanted) {
        PageContext context = contexts.context(wanted.context(), wanted.client());
        if (context == null) {
            return ABSENT;
        }
        if (!context.saves().isSaved() || wanted.use() == Revivals.Use.PAGE && context.hasStream()) {
            return KEPT;
        }
        context.saves().handOver(limit);
        if (wanted.use() == Revivals.Use.STREAM) {
            // Its stream is one whose client has left, or that of another tab.
            context.release();
        }
        contexts.drop(context);
        return RELEASED;
    }

    /**
     * Asks the owner that the journal names.
     *
     * @return empty: it does not live
     * @throws CarillonException as the call, also {@code node-unreachable} after the time limit
     */
    Optional<String> ask(Wanted wanted, JournalEntry.Owner owner) {
        return answer(node.callNode(owner.node(), owner.generation(), name, wanted.write()));
    }

    /** As {@link #ask(Wanted, JournalEntry.Owner)}, of the owner in the record of the context. */
    Optional<String> ask(Wanted wanted) {
        return answer(node.callOwner(wanted.client().tenant(), wanted.context(), name, wanted.write()));
    }

    private static Optional<String> answer(CompletionStage<Optional<String>> call) {
        CompletableFuture<Optional<String>> answer = call.toCompletableFuture();
        try {
            return answer.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof CarillonException known
                    ? known
                    : new CarillonException(ErrorCode.NODE_UNREACHABLE, "the owner of the page does not answer", e);
        }
    }
}
