package dev.carillon.fanout;

import org.jspecify.annotations.Nullable;

/** A connection's membership in one scope: its place in the scope's list, so that leaving costs no search, and where its live events begin. */
final class Member {
    final Connection connection;
    final Members list;
    int slot;
    /** Null: the connection holds its events back until that is known. */
    @Nullable
    LiveFrom liveFrom;

    Member(Connection connection, Members list) {
        this.connection = connection;
        this.list = list;
    }

    /** Whether an event is older than the membership's live events; not while the membership is pending. */
    boolean covers(Frame.About about) {
        return liveFrom != null && about.kind().inLog() && liveFrom.covers(about);
    }
}
