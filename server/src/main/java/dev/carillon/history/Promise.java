package dev.carillon.history;

import dev.carillon.broker.Live;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.ScopePolicy;
import java.util.function.Predicate;

/**
 * What the policies promise of the log to somebody who is in some of the scopes. The log keeps everything for as long as the most generous
 * policy asks; the shorter ones are applied here.
 *
 * @param nowMillis the broker's time
 */
record Promise(ScopePolicies policies, Predicate<Scope> wanted, long nowMillis) {
    enum Kept {
        /** It is to be had. */
        YES,
        /** It was, and its time is over: whoever misses it is told. */
        NO_LONGER,
        /** It never was, or it is not for these scopes. */
        NEVER
    }

    Kept of(Live live) {
        Kept kept = Kept.NEVER;
        for (Scope scope : live.event().scopes()) {
            ScopePolicy policy = policies.of(scope);
            if (policy.keepsHistory() && wanted.test(scope)) {
                if (live.at().atMillis() >= nowMillis - policy.historyAge().toMillis()) {
                    return Kept.YES;
                }
                kept = Kept.NO_LONGER;
            }
        }
        return kept;
    }
}
