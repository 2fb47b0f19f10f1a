package dev.carillon.fanout;

import dev.carillon.base.CloseReason;
import dev.carillon.scope.Position;
import org.jspecify.annotations.Nullable;

/**
 * Receives what is not routine in the life of a connection, so that operators can learn why an event did not reach a client. Nothing is reported for an
 * event that is written. Called on the connection's I/O thread, except {@link #gap}; must not block.
 */
public interface DeliveryLog {
    /** Records nothing. */
    DeliveryLog NONE = new DeliveryLog() {};

    /** Why an event was not written to a connection that should receive it. */
    enum Cause {
        /** The outbox was full, and the policy of the scope allows to drop events. */
        OUTBOX_FULL,
        /** A newer event of the same key took its place in the outbox. */
        REPLACED,
        /** It was found missing after a later event had been written; the client received a gap. */
        LATE
    }

    /** Whether it records anything. */
    default boolean isOn() {
        return false;
    }

    /** An event of the tenant's log was not written. */
    default void leftOut(int connection, Position at, Cause cause) {}

    /**
     * A connection was sent the notice of a gap. From any thread.
     *
     * @param after position after which events may be missing; null: not known
     */
    default void gap(int connection, String reason, @Nullable Position after) {}

    /** A connection left interests. */
    default void left(ConnectionView leftOnly) {}

    /** A connection was closed. */
    default void closed(ConnectionView last, CloseReason reason) {}
}
