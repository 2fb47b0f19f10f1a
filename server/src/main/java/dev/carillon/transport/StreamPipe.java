package dev.carillon.transport;

import dev.carillon.fanout.Pipe;
import dev.carillon.format.WireFormat;

/** A pipe that began as a request, and whose answer has a head. On its I/O thread only. */
interface StreamPipe extends Pipe {
    /**
     * Sets the head; called once, before the first write.
     *
     * @param format of what is to be written
     * @return what is to be written before everything else: the head, or nothing where it goes out by itself
     */
    byte[] begin(StreamHead head, WireFormat format);
}
