package dev.carillon.fanout;

import dev.carillon.scope.Position;

/**
 * An event that was read for a membership before its live events, as its connection is to have it.
 *
 * @param inSideLog whether the position is of a side log
 */
@SuppressWarnings("ArrayRecordComponent") // Shared, never changed, and never compared.
public record ReadEvent(Position at, boolean inSideLog, byte[] bytes) {}
