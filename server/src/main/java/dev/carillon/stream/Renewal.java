package dev.carillon.stream;

import dev.carillon.scope.Tenant;
import java.util.concurrent.CompletionStage;

/** Replaces the token of the connections of a context. */
@FunctionalInterface
public interface Renewal {
    /**
     * Renews connections with a token of the same tenant and user.
     *
     * @param session handle of the session that the connections must have
     * @return their number; fails with {@code token-…} if the token is refused
     */
    CompletionStage<Integer> renew(Tenant tenant, String context, String session, String token);
}
