package dev.carillon.history;

import dev.carillon.scope.Position;
import org.jspecify.annotations.Nullable;

/** From where a client goes on. */
public sealed interface From {
    /** Everything that is kept. */
    From EARLIEST = new Known(Position.NONE, null, "earliest");

    /**
     * After the last event that it had; still to be looked up.
     *
     * @param id an id or a cursor, unchecked
     */
    record LastEvent(String id) implements From {}

    /**
     * After an event that the log knows.
     *
     * @param since null, or where the position's epoch begins, if the client may have had the event in an epoch before it
     * @param id as the client gave it
     */
    record Known(Position at, @Nullable Position since, String id) implements From {}

    /** It gave something that the log does not know: it is told so, and begins anew. */
    record Unknown() implements From {}
}
