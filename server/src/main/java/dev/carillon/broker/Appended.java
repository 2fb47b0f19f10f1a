package dev.carillon.broker;

import dev.carillon.scope.Event;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.Position;

/**
 * The answer to a broadcast: the event is in the log.
 *
 * @param at its position; the time may be 0 (unknown)
 * @param id given by the broadcaster, or generated from the position
 * @param duplicate whether an equal event had been appended before; then nothing was delivered now
 */
public record Appended(Position at, String id, boolean duplicate) {
    public static Appended of(Event event, Position at, boolean duplicate) {
        String given = event.id();
        return new Appended(at, given == null ? EventIds.of(at) : given, duplicate);
    }
}
