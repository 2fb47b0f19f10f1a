package dev.carillon.delivery;

import dev.carillon.base.CloseReason;
import java.nio.ByteBuffer;

/** What an endpoint learns of a connection that it opened. Called on the connection's I/O thread; must not block. */
@FunctionalInterface
public interface ClientListener {
    /**
     * The client sent something.
     *
     * @param bytes valid during the call; what is not read of them is dropped
     */
    default void received(ByteBuffer bytes, OpenConnection connection) {}

    /** Called once: the connection was closed, or could not be opened. */
    void closed(CloseReason reason);
}
