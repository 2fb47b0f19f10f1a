package dev.carillon.fanout;

import dev.carillon.base.CloseReason;
import dev.carillon.broker.Interest;
import java.nio.ByteBuffer;
import java.util.List;

/** What happens on a connection. Called on its I/O thread; must not block. */
public interface ConnectionListener {
    /** @param bytes of the client, valid during the call; what is not read of them is dropped */
    default void received(ByteBuffer bytes, Connection connection) {}

    /**
     * Called once, when the connection is closed.
     *
     * @param interests in whose lists it was, or would have been
     */
    void closed(Connection connection, CloseReason reason, List<Interest> interests);
}
