package dev.carillon.fanout;

import java.nio.ByteBuffer;

/** Receives the events of a pipe. Called on its I/O thread. */
public interface PipeListener {
    void writable();

    /** The client sent bytes; unread ones are dropped. */
    void received(ByteBuffer bytes);

    /** The client closed the connection, or it broke. */
    void closed();
}
