package dev.carillon.delivery;

import dev.carillon.base.CloseReason;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Receives the events of a connection for the endpoint that opened it. Called on the connection's I/O thread; must not block. */
@FunctionalInterface
public interface ClientListener {
    /**
     * The client sent bytes.
     *
     * @param bytes valid during the call; unread bytes are dropped
     */
    default void received(ByteBuffer bytes, OpenConnection connection) {}

    /** Called once a second while the connection is open. */
    default void tick(OpenConnection connection) {}

    /** How the client is connected, such as {@code events}; for operators. */
    default String transport() {
        return "";
    }

    /** Handle of the session; null: none. */
    default @Nullable String session() {
        return null;
    }

    /** The label that the client gave its connection, for operators; null: none. */
    default @Nullable String label() {
        return null;
    }

    /** Called once: the connection was closed, or could not be opened. */
    void closed(CloseReason reason);
}
