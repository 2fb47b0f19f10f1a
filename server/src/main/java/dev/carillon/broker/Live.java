package dev.carillon.broker;

import dev.carillon.scope.Event;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.Position;
import java.util.List;

/**
 * An event with its position in the log.
 *
 * @param links the event's links in the chains by which the channel delivered it; empty for reads of the log
 */
public record Live(Event event, Position at, List<ChainLink> links) {
    /** The broadcaster's id, or the id generated from the position. */
    public String id() {
        String given = event.id();
        return given == null ? EventIds.of(at) : given;
    }
}
