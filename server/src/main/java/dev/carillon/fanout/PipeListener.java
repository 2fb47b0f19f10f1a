package dev.carillon.fanout;

import java.nio.ByteBuffer;

/** What happens on a pipe; called on its I/O thread. */
public interface PipeListener {
    void writable();

    /** The client sent something; what is not read from the buffer is dropped. */
    void received(ByteBuffer bytes);

    /** The client has gone, or the way to it broke. */
    void closed();
}
