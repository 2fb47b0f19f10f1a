package dev.carillon.fanout;

import dev.carillon.base.CloseReason;
import dev.carillon.broker.Interest;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Receives the events of a connection's life. Called on its I/O thread; must not block. */
public interface ConnectionListener {
    /** @param bytes sent by the client; valid during the call, unread bytes are dropped */
    default void received(ByteBuffer bytes, Connection connection) {}

    /** Called once a second while the connection is open. */
    default void tick(Connection connection) {}

    /** How the client is connected, such as {@code events}. */
    default String transport() {
        return "";
    }

    /** Handle of the session; null: none. */
    default @Nullable String session() {
        return null;
    }

    /** The label that the client gave its connection; null: none. */
    default @Nullable String label() {
        return null;
    }

    /**
     * Called once, when the connection is closed.
     *
     * @param interests that it had joined, or would have joined
     */
    void closed(Connection connection, CloseReason reason, List<Interest> interests);
}
