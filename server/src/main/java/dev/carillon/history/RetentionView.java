package dev.carillon.history;

import dev.carillon.broker.Live;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.ScopePolicy;
import java.util.function.Predicate;

/**
 * Applies the retention of each scope's policy to events of the log, as seen from some scopes. The log stores all events for the longest
 * retention of any policy.
 *
 * @param filter scopes to look at
 * @param nowMillis broker time
 */
record RetentionView(ScopePolicies policies, Predicate<Scope> filter, long nowMillis) {
    enum State {
        /** The event can be read. */
        AVAILABLE,
        /** Its retention has ended; a client that missed it receives a gap. */
        EXPIRED,
        /** Its scopes have no history, or none of them is in the filter. */
        NEVER
    }

    State of(Live live) {
        State state = State.NEVER;
        for (Scope scope : live.event().scopes()) {
            ScopePolicy policy = policies.of(scope);
            if (policy.keepsHistory() && filter.test(scope)) {
                if (live.at().atMillis() >= nowMillis - policy.historyAge().toMillis()) {
                    return State.AVAILABLE;
                }
                state = State.EXPIRED;
            }
        }
        return state;
    }
}
