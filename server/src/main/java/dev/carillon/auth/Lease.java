package dev.carillon.auth;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * The authorizer's current answer about one token. The node sets it in the grants; all connections that the token opened share it. Thread-safe; never
 * blocks.
 */
public interface Lease {
    /** Whether connections may stay open. */
    enum State {
        VALID,
        /** The authorizer refuses the token by now. */
        WITHDRAWN,
        /** The authorizer has not answered for too long. */
        UNAVAILABLE
    }

    /** The state; asks the authorizer again if its answer has become too old. Cheap: called every second for each connection. */
    State check();

    /** Number of the current answer: another one means that decisions about scopes must be made again. */
    long round();

    /** Whether an operator has declared the answer with this number, or a later one than it, invalid. */
    boolean isInvalidated(long round);

    /** Whether a question about an open connection should be asked now, rather than a second later. */
    boolean hasRoom();

    /** The grants of the current answer. */
    Grants grants();

    /** As {@link Authorizer#mayRead}, from the cache where possible. */
    CompletionStage<Set<Scope>> mayRead(Set<Scope> scopes);

    /** As {@link Authorizer#mayBroadcast}. */
    CompletionStage<BroadcastDecision> mayBroadcast(Event event);
}
