package dev.carillon.broker;

import dev.carillon.scope.Position;
import java.util.List;

/**
 * What somebody who joins now begins with.
 *
 * @param head a position of the tenant's log: every event after it, and none up to it, is for the joiner to receive live
 * @param retained the retained events of the scopes up to {@code head}, each once, in log order
 */
public record Snapshot(Position head, List<Live> retained) {}
