package dev.carillon.fanout;

import dev.carillon.scope.Position;

/**
 * Where a connection's live events begin: after the head of its tenant's log, and of its {@linkplain
 * dev.carillon.scope.Tenant#isSideLog side log}, as they were when it read what comes first.
 */
public record Start(Position tenant, Position sideLog) {
    static final Start NONE = new Start(Position.NONE, Position.NONE);

    /** Whether the frame is older than the start. An event of a later epoch is always newer. */
    boolean covers(Frame.About frame) {
        Position from = frame.inSideLog() ? sideLog : tenant;
        return !frame.at().isAfter(from);
    }
}
