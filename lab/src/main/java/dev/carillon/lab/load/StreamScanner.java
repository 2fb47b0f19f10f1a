package dev.carillon.lab.load;

import java.net.ProtocolException;

/** Finds events in the bytes of one stream, in pieces of any size, without allocating per event. */
interface StreamScanner {
    /** Scans the next bytes; does not keep the array. */
    void scan(byte[] bytes, int from, int to) throws ProtocolException;

    /** Receives the findings; must not keep the arrays. */
    interface Sink {
        /** Data of an event, or the beginning of long data. */
        void event(byte[] bytes, int from, int to);

        /** Data of a gap, with at least the number of missing events. */
        void gap(byte[] bytes, int from, int to);

        /** A ping, which must be answered with the same data. */
        default void ping(byte[] bytes, int from, int to) {}

        /** The peer has sent a close frame. */
        default void closing() {}
    }
}
