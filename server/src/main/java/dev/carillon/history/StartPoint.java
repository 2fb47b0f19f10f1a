package dev.carillon.history;

import dev.carillon.scope.Position;
import org.jspecify.annotations.Nullable;

/** The point in the log after which a client receives events. */
public sealed interface StartPoint {
    /** The start of the log. */
    StartPoint EARLIEST = new Known(Position.NONE, null, "earliest");

    /**
     * After the last event that the client received; not resolved yet.
     *
     * @param id an event id or a cursor, unchecked
     */
    record LastEvent(String id) implements StartPoint {}

    /**
     * After a known position: that of a cursor, or of an event with the id, which may have been trimmed since.
     *
     * @param since start of the position's epoch if the client may have received the event in an earlier epoch; else null
     * @param id as given by the client
     */
    record Known(Position at, @Nullable Position since, String id) implements StartPoint {}

    /** The log does not know the given id: the client receives a gap and starts as a new one. */
    record Unknown() implements StartPoint {}
}
