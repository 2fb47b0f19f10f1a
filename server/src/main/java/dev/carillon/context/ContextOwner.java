package dev.carillon.context;

import dev.carillon.scope.Tenant;
import org.jspecify.annotations.Nullable;

/**
 * To whom a context belongs: only the same session, user and tenant get it back.
 *
 * @param session handle of the session
 * @param user null: nobody who is known
 */
public record ContextOwner(
        Tenant tenant, String session, @Nullable String user) {}
