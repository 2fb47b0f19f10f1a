package dev.carillon.fanout;

import dev.carillon.scope.Position;

/**
 * Where a connection's live events begin: after the head of its tenant's log, and of the log of system events, as they were when
 * it read what comes first.
 */
public record Start(Position tenant, Position system) {
    static final Start NONE = new Start(Position.NONE, Position.NONE);

    /** Whether the frame is older than the start. An event of a later epoch is always newer. */
    boolean covers(Frame.About frame) {
        Position from = frame.system() ? system : tenant;
        return !frame.at().isAfter(from);
    }
}
