package dev.carillon.broker;

import dev.carillon.scope.Event;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.Position;
import java.util.List;

/**
 * An event with its place in the log.
 *
 * @param links as the channel hands it over: its place in the chains by which it came; from reads of the log: empty
 */
public record Live(Event event, Position at, List<Link> links) {
    /** The broadcaster's id, or the one that the position gives. */
    public String id() {
        String given = event.id();
        return given == null ? EventIds.of(at) : given;
    }
}
