package dev.carillon.delivery;

import dev.carillon.auth.Grants;
import dev.carillon.broker.Interest;
import java.util.List;

/** Learns which scopes each connection is in. Called on the connection's I/O thread; must neither block nor throw. */
@FunctionalInterface
public interface MembershipListener {
    /** Learns nothing; connections then make no call. */
    MembershipListener NONE = (connection, grants, interests) -> {};

    /**
     * The connection was opened, its scopes or grants may have changed, or it was closed.
     *
     * @param interests all that the connection has now; none once it is closed, after which there is no further call
     */
    void changed(OpenConnection connection, Grants grants, List<Interest> interests);
}
