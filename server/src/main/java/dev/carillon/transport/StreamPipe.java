package dev.carillon.transport;

import dev.carillon.fanout.Pipe;
import dev.carillon.format.WireFormat;

/** A pipe that answers a request, with a response head. On the connection's I/O thread only. */
interface StreamPipe extends Pipe {
    /**
     * Sets the head; called once, before the first write.
     *
     * @param format of the bytes that follow
     * @return the bytes to write first: the head, or none if the pipe sends it itself
     */
    byte[] begin(StreamHead head, WireFormat format);

    /** Returns the bytes to write in place of those of {@link #begin}, none of which was written; a head that the pipe sends itself stays. */
    byte[] beginAgain(StreamHead head, WireFormat format);
}
