package dev.carillon.context;

import dev.carillon.scope.Tenant;
import org.jspecify.annotations.Nullable;

/**
 * The owner of a context: only the same session, user and tenant can resume it.
 *
 * @param session handle of the session
 * @param user null for anonymous clients
 */
public record ContextOwner(
        Tenant tenant, String session, @Nullable String user) {}
