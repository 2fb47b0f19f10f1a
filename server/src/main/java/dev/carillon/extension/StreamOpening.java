package dev.carillon.extension;

import dev.carillon.base.CloseReason;
import dev.carillon.scope.Scope;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The answer to a request for a stream.
 *
 * @param scopes scopes of the tenant of the token, in addition to the own scopes of every stream
 * @param tabOnly whether the only own scope is that of the tab: no event of the session, the user, {@code global} or {@code system} arrives
 * @param opened called on a virtual thread when the stream receives each later event, also those that are delivered here alone
 * @param closed called once, on a virtual thread, after {@code opened} has returned
 */
public record StreamOpening(
        List<Scope> scopes,
        boolean tabOnly,
        Consumer<ClientStream> opened,
        BiConsumer<ClientStream, CloseReason> closed) {
    public StreamOpening {
        scopes = List.copyOf(scopes);
    }

    public static StreamOpening of(Scope... scopes) {
        return new StreamOpening(List.of(scopes), false, stream -> {}, (stream, reason) -> {});
    }

    /** Without the events of the session, the user, {@code global} and {@code system}. */
    public StreamOpening withTabOnly() {
        return new StreamOpening(scopes, true, opened, closed);
    }

    public StreamOpening onOpen(Consumer<ClientStream> action) {
        return new StreamOpening(scopes, tabOnly, action, closed);
    }

    public StreamOpening onClose(BiConsumer<ClientStream, CloseReason> action) {
        return new StreamOpening(scopes, tabOnly, opened, action);
    }
}
