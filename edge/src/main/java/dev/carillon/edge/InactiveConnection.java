package dev.carillon.edge;

import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;

/** An inactive connection, an entry of an {@link InactiveList}. Guarded by the lock of its I/O thread's connections. */
final class InactiveConnection {
    enum State {
        /** No byte was read since the connection was accepted. */
        NEW,
        /** A part of a request head was read. */
        READING_HEAD,
        /** A request has ended and no byte of the next one was read. */
        IDLE
    }

    final ClientConnections.Client client;
    final StreamConnection connection;
    State state;
    long since;
    /** Whether a sweep has found it beyond its deadline. */
    boolean overdue;

    @Nullable
    InactiveConnection before;

    @Nullable
    InactiveConnection after;

    InactiveConnection(ClientConnections.Client client, StreamConnection connection, State state, long since) {
        this.client = client;
        this.connection = connection;
        this.state = state;
        this.since = since;
    }
}
