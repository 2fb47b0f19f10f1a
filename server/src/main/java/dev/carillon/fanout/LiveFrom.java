package dev.carillon.fanout;

import dev.carillon.scope.Position;

/**
 * The position after which a membership receives live events: the head of its tenant's log, and of its {@linkplain
 * dev.carillon.scope.Tenant#isSideLog side log}, at the time when the earlier events were read. Memberships that opened together share one.
 *
 * @param since position in the tenant's log after which the client received every event of the scope; earlier than {@code tenant} after a resume
 */
public record LiveFrom(Position tenant, Position sideLog, Position since) {
    public static final LiveFrom NONE = new LiveFrom(Position.NONE, Position.NONE, Position.NONE);

    /** Whether the event is older than the membership's live events; an event of a later epoch is always newer. */
    boolean covers(Frame.About frame) {
        Position from = frame.inSideLog() ? sideLog : tenant;
        return !frame.at().isAfter(from);
    }
}
