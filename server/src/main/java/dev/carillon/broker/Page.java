package dev.carillon.broker;

import dev.carillon.scope.Position;
import java.util.List;

/**
 * A part of the log.
 *
 * @param events in log order, each once
 * @param last read on after this; the head where {@code more} is false
 * @param more whether more may follow
 * @param incomplete whether something between the asked position and {@code last} may be missing: trimmed, or of an epoch
 *     that lost it. Never falsely false
 */
public record Page(List<Live> events, Position last, boolean more, boolean incomplete) {}
