package dev.carillon.authorizer;

import dev.carillon.auth.Grants;
import dev.carillon.auth.Lease;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.scope.Scope;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Which of the scopes that a client chose it may read.
 *
 * @param grants those of the client, which also cover the scopes that the authorizer has allowed
 * @param refused scopes that it may not read
 */
public record ReadDecision(Grants grants, Set<Scope> refused) {
    /** Decides by the grants where they cover a scope or leave nothing to the authorizer, and by the authorizer otherwise. It is not asked about a client's own scopes. */
    public static CompletionStage<ReadDecision> about(Grants grants, Collection<Scope> chosen, Set<Scope> own) {
        Lease lease = grants.lease();
        Set<Scope> undecided = new HashSet<>();
        if (lease != null && grants.asks(Grants.Asked.READ)) {
            for (Scope scope : chosen) {
                if (isAskable(scope) && !own.contains(scope) && !grants.mayRead(scope)) {
                    undecided.add(scope);
                }
            }
        }
        if (lease == null || undecided.isEmpty()) {
            return CompletableFuture.completedFuture(new ReadDecision(grants, Set.of()));
        }
        return lease.mayRead(undecided).thenApply(allowed -> {
            Set<Scope> refused = new HashSet<>(undecided);
            refused.removeAll(allowed);
            return new ReadDecision(grants.alsoReading(allowed), refused);
        });
    }

    /** All clients of a tenant are in the global and system scopes; the scopes of one client need a selector. */
    private static boolean isAskable(Scope scope) {
        return scope.kind() == Scope.Kind.TOPIC || scope.kind() == Scope.Kind.ROUTE;
    }

    /**
     * The grants, if all of the scopes may be read.
     *
     * @throws CarillonException {@code not-granted} naming a scope that may not
     */
    public Grants required() {
        if (!refused.isEmpty()) {
            String scope =
                    refused.stream().map(Scope::text).sorted().findFirst().orElseThrow();
            throw new CarillonException(
                    ErrorCode.NOT_GRANTED, "the application does not grant reading " + Text.printable(scope, 100));
        }
        return grants;
    }
}
