package dev.carillon.fanout;

import dev.carillon.broker.Live;

/** How an event is written to a connection; the result is the same for every connection of the format. */
public interface WireFormat {
    byte[] encode(Live live, boolean withId);

    /** Something of the node's own, which does not move the client's place. */
    byte[] notice(String type, String data);

    /** What a quiet connection gets. */
    byte[] heartbeat();
}
