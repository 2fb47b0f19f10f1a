package dev.carillon.transport;

import org.xnio.channels.StreamSinkChannel;

/** Who is at the other end of a response, where HTTP/1.1 and HTTP/2 differ. On its I/O thread only. */
interface Peer {
    /** Calls once when the client has gone, or the response is over. */
    void watch(Runnable gone);

    /** Ends the response, whose channel this is, at once, so that the client sees that it was cut. */
    void cut(StreamSinkChannel response);
}
