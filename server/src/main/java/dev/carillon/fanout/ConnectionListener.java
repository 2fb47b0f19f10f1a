package dev.carillon.fanout;

import dev.carillon.base.CloseReason;
import dev.carillon.broker.Interest;
import java.nio.ByteBuffer;
import java.util.List;

/** Receives the events of a connection's life. Called on its I/O thread; must not block. */
public interface ConnectionListener {
    /** @param bytes sent by the client; valid during the call, unread bytes are dropped */
    default void received(ByteBuffer bytes, Connection connection) {}

    /** Called once a second while the connection is open. */
    default void tick(Connection connection) {}

    /**
     * Called once, when the connection is closed.
     *
     * @param interests that it had joined, or would have joined
     */
    void closed(Connection connection, CloseReason reason, List<Interest> interests);
}
