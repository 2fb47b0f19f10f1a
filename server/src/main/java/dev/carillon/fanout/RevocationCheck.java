package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Decides whether a connection must close because of a revocation. Called on I/O threads, once a second for each connection; must be cheap. */
@FunctionalInterface
public interface RevocationCheck {
    /** @param session supplies the handle of the session; null: the connection has none */
    boolean isRevoked(Grants grants, Supplier<@Nullable String> session);
}
