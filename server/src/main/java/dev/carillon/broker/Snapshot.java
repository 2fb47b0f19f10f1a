package dev.carillon.broker;

import dev.carillon.scope.Position;
import java.util.List;

/**
 * The state with which a joining client starts.
 *
 * @param head a position of the tenant's log; the client receives every event after it live, and no event up to it
 * @param retained the retained events of the scopes up to {@code head}, each once, in log order
 */
public record Snapshot(Position head, List<Live> retained) {}
