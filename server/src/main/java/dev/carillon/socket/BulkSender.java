package dev.carillon.socket;

import java.nio.ByteBuffer;

/** Writes the same bytes to many sockets. Used by one thread; closed by any thread after that one has ended. */
public interface BulkSender extends AutoCloseable {
    /** Maximum number of sockets of one call. */
    int MAX_SOCKETS = 64;

    /**
     * Writes to each socket as many bytes as it accepts now, and returns after trying all of them.
     *
     * @param sockets descriptors of connected sockets, without duplicates
     * @param count number of sockets, up to {@value #MAX_SOCKETS}
     * @param bytes a direct buffer, whose position is left unchanged
     * @param accepted receives the number of bytes that each socket accepted; below 0: none, as it is full or broken, which a write to its
     *     channel tells
     * @throws IllegalStateException if the call failed as a whole, so that the number of bytes sent to each socket is unknown
     */
    void send(int[] sockets, int count, ByteBuffer bytes, int[] accepted);

    @Override
    void close();
}
