package dev.carillon.fanout;

import dev.carillon.scope.Position;

/**
 * An event that was read from the log for a pending membership, encoded for its connection.
 *
 * @param inSideLog whether the position is of a side log
 */
@SuppressWarnings("ArrayRecordComponent") // Shared, immutable by convention, and never compared.
public record ReadEvent(Position at, boolean inSideLog, byte[] bytes) {}
