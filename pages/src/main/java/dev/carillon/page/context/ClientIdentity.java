package dev.carillon.page.context;

import dev.carillon.auth.Grants;
import dev.carillon.extension.Request;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
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

    /** The scopes that a tab of this client is in, without those that it joins. */
    List<Scope> scopes(String context, String path) {
        List<Scope> own =
                new ArrayList<>(List.of(Scope.tab(context), Scope.session(session), Scope.route(path), Scope.GLOBAL));
        if (user != null) {
            own.add(Scope.user(user));
        }
        return own;
    }
}
