package dev.carillon.auth;

import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopeSelector;
import dev.carillon.scope.Tenant;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What somebody may do in one tenant.
 *
 * @param user whose user scope they are in; null: nobody's
 * @param read selectors of the scopes whose private events they may have
 * @param broadcast selectors of the scopes they may broadcast to
 * @param expiresAt when all of this ends, streams too; null: never
 */
public record Grants(
        Tenant tenant,
        @Nullable String user,
        List<? extends ScopeSelector> read,
        List<? extends ScopeSelector> broadcast,
        @Nullable Instant expiresAt) {
    /** Public events of the default tenant, and nothing else. */
    public static final Grants ANONYMOUS = new Grants(Tenant.DEFAULT, null, List.of(), List.of(), null);

    public Grants {
        read = List.copyOf(read);
        broadcast = List.copyOf(broadcast);
    }

    public boolean mayBroadcast(Scope scope) {
        return matches(broadcast, scope);
    }

    /** Whether a private event in these scopes may be had: the grant covers one of them. */
    public boolean mayReadAnyOf(List<Scope> scopes) {
        for (Scope scope : scopes) {
            if (matches(read, scope)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(List<? extends ScopeSelector> selectors, Scope scope) {
        for (ScopeSelector selector : selectors) {
            if (selector.matches(scope)) {
                return true;
            }
        }
        return false;
    }
}
