package dev.carillon.format;

import dev.carillon.base.CloseReason;
import dev.carillon.broker.Live;

/**
 * How events are written to a connection; the bytes are the same for every connection of the format, and what follows each other on a
 * connection can be written in one piece. Thread-safe.
 */
public interface WireFormat {
    /** What comes once, before everything else. */
    byte[] preamble();

    byte[] encode(Live live, boolean withId);

    /** Something of the node's own, which does not move the client's place; empty where the format does not tell it. */
    byte[] notice(String type, String data);

    /** How long a client is to wait before it comes back, in milliseconds. */
    byte[] retry(int millis);

    /** What a quiet connection gets. */
    byte[] heartbeat();

    /** The last bytes of a connection that the node closes: they tell the reason. */
    byte[] end(CloseReason reason);
}
