package dev.carillon.format;

import dev.carillon.base.CloseReason;
import dev.carillon.broker.Live;
import org.jspecify.annotations.Nullable;

/**
 * Encodes events for connections. The bytes are the same for every connection of the format, and consecutive pieces can be written together.
 * Thread-safe.
 */
public interface WireFormat {
    /** Bytes at the start of every connection. */
    byte[] preamble();

    /** An event. */
    byte[] encode(Live live, boolean withId);

    /**
     * A notice of the node; empty if the format does not write this type.
     *
     * @param cursor from which a client that receives no event after the notice resumes; null: the notice has no id, and a client resumes from its last event
     */
    byte[] notice(String type, @Nullable String cursor, String data);

    /** A notice without an id. */
    default byte[] notice(String type, String data) {
        return notice(type, null, data);
    }

    /** The client's reconnect delay, in milliseconds. */
    byte[] retry(int millis);

    /** Written to a quiet connection. */
    byte[] heartbeat();

    /** The last bytes of a connection that the node closes, with the reason. */
    byte[] end(CloseReason reason);
}
