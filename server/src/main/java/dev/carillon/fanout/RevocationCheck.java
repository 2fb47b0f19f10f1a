package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.broker.Interest;
import java.util.List;
import java.util.function.Supplier;

/** Decides whether a connection must close because of a revocation. Called on I/O threads, once a second for each connection; must be cheap. */
@FunctionalInterface
public interface RevocationCheck {
    /** @param interests supplies the interests of the connection, among them its session */
    boolean isRevoked(Grants grants, Supplier<List<Interest>> interests);
}
