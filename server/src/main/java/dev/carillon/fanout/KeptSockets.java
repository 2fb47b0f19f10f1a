package dev.carillon.fanout;

import dev.carillon.scope.Position;
import java.util.Arrays;

/**
 * The sockets of those in a list that took its last event as a whole and have nothing waiting: the next one may go there without a look at
 * the connection. What such a connection had last is then known here, and not there. On the list's I/O thread only.
 */
final class KeptSockets {
    private static final int FORMAT_SHIFT = 24;

    /** Descriptor and format of each slot, or 0. */
    private int[] sockets;

    private Position lastAt = Position.NONE;
    private int lastWrite;

    KeptSockets(int slots) {
        sockets = new int[slots];
    }

    void grow(int slots) {
        sockets = Arrays.copyOf(sockets, slots);
    }

    /** 0: the connection itself is to be asked. */
    int at(int slot) {
        return sockets[slot];
    }

    void put(int slot, int socket) {
        sockets[slot] = socket;
    }

    /** 0: there is none that could be kept. */
    static int of(int descriptor, int format) {
        return descriptor > 0 && descriptor >>> FORMAT_SHIFT == 0 ? format << FORMAT_SHIFT | descriptor : 0;
    }

    static int descriptor(int socket) {
        return socket & (1 << FORMAT_SHIFT) - 1;
    }

    static int format(int socket) {
        return socket >>> FORMAT_SHIFT;
    }

    /** Something went to all of them. */
    void wrote(Position at, int second) {
        lastAt = at;
        lastWrite = second;
    }

    /** What they had last; of the log of the list's tenant. */
    Position lastAt() {
        return lastAt;
    }

    /** The hub's second in which they were last written to. */
    int lastWrite() {
        return lastWrite;
    }
}
