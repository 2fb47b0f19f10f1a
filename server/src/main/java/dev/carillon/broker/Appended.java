package dev.carillon.broker;

import dev.carillon.scope.Event;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.Position;

/**
 * The answer to a broadcast: the log has the event.
 *
 * @param at the time may be 0 (unknown)
 * @param id the event's, given or generated
 * @param duplicate whether the same event had been appended before: nothing was delivered now
 */
public record Appended(Position at, String id, boolean duplicate) {
    public static Appended of(Event event, Position at, boolean duplicate) {
        String given = event.id();
        return new Appended(at, given == null ? EventIds.of(at) : given, duplicate);
    }
}
