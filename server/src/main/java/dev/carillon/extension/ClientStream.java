package dev.carillon.extension;

import dev.carillon.auth.Grants;
import dev.carillon.base.CloseReason;
import dev.carillon.scope.Scope;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * An open stream of a client. Thread-safe; never blocks. Changes happen one after the other, in the order of the calls; at most 16 wait, one more
 * fails with {@code overloaded}. A change of a stream that is closed fails.
 */
public interface ClientStream {
    /** The id of its context, by which {@code Scope.tab} reaches it. */
    String context();

    /** What its token grants, as renewed last. */
    Grants grants();

    /**
     * Adds scopes. The client receives their retained events, then every later event; those that it has already are left out. A scope of a user, a
     * session or a tab uncovers its private events.
     *
     * @return completes when they are live; fails as the broker does, and with {@code overloaded} where too many events came meanwhile; then none was
     *     added. What depends on it runs on a virtual thread, as after every change
     */
    default CompletionStage<Void> subscribe(Scope... scopes) {
        return subscribe(List.of(scopes), null);
    }

    /** @param lastEventId an event id or cursor after which the client goes on in these scopes, as {@code Last-Event-ID}; null: it begins anew. Where the change
     *     fails the stream has none of the scopes that were to be resumed */
    CompletionStage<Void> subscribe(Collection<Scope> scopes, @Nullable String lastEventId);

    /** Takes scopes away; completes when no further event of theirs is written. */
    CompletionStage<Void> unsubscribe(Scope... scopes);

    /**
     * Replaces the grants, and with them when the stream expires.
     *
     * @throws dev.carillon.base.CarillonException {@code token-invalid}: they are another tenant's or user's
     */
    CompletionStage<Void> renew(Grants grants);

    /** Tells the client the reason, where its socket takes it at once, and closes. */
    void close(CloseReason reason);
}
