package dev.carillon.broker;

import dev.carillon.scope.Position;
import java.util.List;

/**
 * A part of the log.
 *
 * @param events in log order, each once
 * @param last the position to continue after; the head where {@code more} is false
 * @param more whether more events may follow
 * @param incomplete whether events between the requested position and {@code last} may be missing, because they were trimmed or their
 *     epoch lost them. If false, none is missing
 */
public record Page(List<Live> events, Position last, boolean more, boolean incomplete) {}
