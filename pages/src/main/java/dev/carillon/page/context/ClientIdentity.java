package dev.carillon.page.context;

import dev.carillon.auth.Grants;
import dev.carillon.extension.Request;
import dev.carillon.scope.Tenant;
import org.jspecify.annotations.Nullable;

/**
 * The client that a context belongs to; no other client can use it.
 *
 * @param session handle of the session
 * @param user null for anonymous clients
 */
public record ClientIdentity(
        Tenant tenant, String session, @Nullable String user) {
    public static ClientIdentity of(Request request) {
        Grants grants = request.grants();
        return new ClientIdentity(grants.tenant(), request.session(), grants.user());
    }
}
