package dev.carillon.extension;

import dev.carillon.auth.Grants;
import dev.carillon.base.CloseReason;
import dev.carillon.scope.Scope;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * An open stream of a client. Thread-safe; never blocks. Changes are applied one at a time, in the order of the calls; at most 16 wait, further
 * changes fail with {@code overloaded}. A change of a closed stream fails.
 */
public interface ClientStream {
    /** The id of the context of this stream, to which {@code Scope.tab} broadcasts. */
    String context();

    /** The grants of the token, as last renewed. */
    Grants grants();

    /**
     * Adds scopes. The client receives their retained events and then every later event, without the events that it already has. A user, session
     * or tab scope gives access to its private events.
     *
     * @return completes when the scopes are live; dependent actions run on a virtual thread, as after every change. Fails as the broker does, and
     *     with {@code overloaded} when too many events arrive meanwhile; no scope is added then
     */
    default CompletionStage<Void> subscribe(Scope... scopes) {
        return subscribe(List.of(scopes), null);
    }

    /**
     * Adds scopes and resumes them.
     *
     * @param lastEventId event id or cursor after which the client continues in these scopes, as {@code Last-Event-ID}; null: no resume. If the
     *     change fails, the stream has none of the scopes that were to be resumed
     */
    CompletionStage<Void> subscribe(Collection<Scope> scopes, @Nullable String lastEventId);

    /** Removes scopes; completes when no further event of them is written. */
    CompletionStage<Void> unsubscribe(Scope... scopes);

    /**
     * Replaces the grants and the expiry of the stream.
     *
     * @throws dev.carillon.base.CarillonException {@code token-invalid} when the grants belong to another tenant or user
     */
    CompletionStage<Void> renew(Grants grants);

    /** Closes the stream. The client receives the reason if its socket accepts the bytes at once. */
    void close(CloseReason reason);
}
