package dev.carillon.edge;

import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;

/** How a connection waits, and its place among those of one thread that do. Guarded by the lock of that thread's connections. */
final class Waiting {
    enum Kind {
        SILENT,
        BEGUN,
        IDLE
    }

    final ClientConnections.Client client;
    final StreamConnection connection;
    Kind kind;
    long since;

    @Nullable
    Waiting before;

    @Nullable
    Waiting after;

    Waiting(ClientConnections.Client client, StreamConnection connection, Kind kind, long since) {
        this.client = client;
        this.connection = connection;
        this.kind = kind;
        this.since = since;
    }
}
