package dev.carillon.auth;

import java.util.Optional;

/** The authorizer that the endpoints of a node use: it remembers the grants of tokens. */
public interface NodeAuthorizer extends Authorizer {
    /**
     * The grants of a token when it was last verified, some minutes ago at most; empty if it was refused since then or has expired. For counting requests only,
     * never for a decision about access.
     */
    Optional<Grants> last(String token);
}
