package dev.carillon.socket;

import java.nio.ByteBuffer;

/** Writes the same bytes to many sockets. Used by one thread; closed by any, when that one has ended. */
public interface Sends extends AutoCloseable {
    /** How many sockets one call takes at most. */
    int MOST = 64;

    /**
     * Writes to each what it takes now; returns when all were tried.
     *
     * @param sockets descriptors of connected sockets, each in here once
     * @param count how many of them, up to {@value #MOST}
     * @param bytes a direct buffer; it is left as it is
     * @param taken is set for each socket: how many bytes it took; below 0: none, as it is full or broken, which a write of the
     *     usual way tells
     */
    void send(int[] sockets, int count, ByteBuffer bytes, int[] taken);

    @Override
    void close();
}
