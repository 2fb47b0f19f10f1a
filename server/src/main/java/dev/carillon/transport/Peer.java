package dev.carillon.transport;

import org.xnio.channels.StreamSinkChannel;

/** The client of a response, as far as HTTP/1.1 and HTTP/2 differ. On the connection's I/O thread only. */
interface Peer {
    /** Calls {@code closed} once, when the client has disconnected or the response has ended. */
    void watch(Runnable closed);

    /** Ends the response at once, so that the client sees an incomplete response. */
    void cut(StreamSinkChannel response);
}
