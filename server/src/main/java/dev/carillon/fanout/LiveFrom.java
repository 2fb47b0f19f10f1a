package dev.carillon.fanout;

import dev.carillon.scope.Position;

/**
 * Where a membership's live events begin: after the head of its tenant's log, and of its {@linkplain
 * dev.carillon.scope.Tenant#isSideLog side log}, as they were when the events before were read. Shared by memberships that began together.
 *
 * @param since the position in the tenant's log after which the client has every event of the scope: before {@code tenant} where it resumed
 */
public record LiveFrom(Position tenant, Position sideLog, Position since) {
    public static final LiveFrom NONE = new LiveFrom(Position.NONE, Position.NONE, Position.NONE);

    /** Whether the event is older than the membership's live events. An event of a later epoch is always newer. */
    boolean covers(Frame.About frame) {
        Position from = frame.inSideLog() ? sideLog : tenant;
        return !frame.at().isAfter(from);
    }
}
