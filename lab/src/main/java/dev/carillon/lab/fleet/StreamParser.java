package dev.carillon.lab.fleet;

import java.nio.ByteBuffer;

/** Parses the events of one client's streams, one stream after another, in pieces of any size. */
interface StreamParser {
    void feed(ByteBuffer bytes);

    /** The id with which a client resumes; empty if there is none. */
    String lastId();

    /** The last reconnect delay of the server, in milliseconds; -1 if there was none. */
    int retryMillis();

    /** Whether the stream is open: the server has sent something, and not only a reconnect delay. */
    boolean opened();

    /** Whether the server has announced the end. */
    boolean ended();

    /** Discards the incomplete event of a stream that has ended. */
    void reset();
}
