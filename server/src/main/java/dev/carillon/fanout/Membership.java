package dev.carillon.fanout;

import org.jspecify.annotations.Nullable;

/** A connection's membership in one scope: its slot in the scope's list, so that leaving needs no search, and the position where its live events begin. */
final class Membership {
    final Connection connection;
    final MembershipList list;
    int slot;
    /** Null while the membership is pending: the connection buffers its events. */
    @Nullable
    LiveFrom liveFrom;

    Membership(Connection connection, MembershipList list) {
        this.connection = connection;
        this.list = list;
    }

    /** Whether an event is older than the membership's live events; false while the membership is pending. */
    boolean covers(Frame.About about) {
        return liveFrom != null && about.kind().inLog() && liveFrom.covers(about);
    }
}
