package dev.carillon.lab.load;

import java.net.ProtocolException;

/** Finds events in the bytes of one stream, wherever they are cut, without an object for each. */
interface StreamScanner {
    /** Looks through some bytes, which are the caller's again afterwards. */
    void scan(byte[] bytes, int from, int to) throws ProtocolException;

    /** What is found; the bytes may not be kept. */
    interface Sink {
        /** The data of an event; or only their beginning, where they are long. */
        void event(byte[] bytes, int from, int to);

        /** An event that tells of a gap; with what says how many are missing, perhaps among other things. */
        void gap(byte[] bytes, int from, int to);

        /** A ping, to be answered with the same data. */
        default void ping(byte[] bytes, int from, int to) {}

        /** The other end is about to close. */
        default void closing() {}
    }
}
