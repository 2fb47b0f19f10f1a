package dev.carillon.lab.fleet;

import java.nio.ByteBuffer;

/** Parses the events of one client, stream after stream, from bytes in pieces of any size. */
public interface StreamParser {
    void feed(ByteBuffer bytes);

    /** The id with which the client resumes; empty if there is none. */
    String lastId();

    /** Replaces the id with which the client resumes. */
    void resumeFrom(String id);

    /** The last reconnect delay that was received, in milliseconds; -1 if there was none. */
    int retryMillis();

    /** Whether the stream is open even if no event was received. */
    boolean opened();

    /** Whether the last delay that was received is one of a stream that was refused for the moment. */
    default boolean refusedLate() {
        return false;
    }

    /** Whether the server has ended the stream by the protocol itself. */
    boolean ended();

    /** Discards the incomplete event of a stream that has ended. */
    void reset();
}
