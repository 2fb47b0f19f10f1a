package dev.carillon.fanout;

import dev.carillon.scope.Position;
import org.jspecify.annotations.Nullable;

/**
 * An event that was read from the log for a pending membership, encoded for its connection.
 *
 * @param inSideLog whether the position is of a side log
 * @param id id of the event as clients see it; null: none
 */
@SuppressWarnings("ArrayRecordComponent") // Shared, immutable by convention, and never compared.
public record ReadEvent(
        Position at, boolean inSideLog, @Nullable String id, byte[] bytes) {}
