package dev.carillon.scope;

import java.util.Optional;
import java.util.UUID;

/**
 * Generated ids, for events without a broadcaster's id: UUID URNs (RFC 9562, version 8) that encode the epoch in 48 bits, a checksum in 12 bits and the
 * sequence in 62 bits. Their positions are found without an index.
 */
public final class EventIds {
    private static final String URN = "urn:uuid:";

    private EventIds() {}

    /** The generated id of a position; the time is not part of it. */
    public static String of(Position at) {
        long msb = at.epoch() << 16 | 0x8000L | checksum(at.epoch(), at.sequence());
        long lsb = 0x8000_0000_0000_0000L | at.sequence();
        return URN + new UUID(msb, lsb);
    }

    /**
     * The position that a generated id encodes, with time 0 (unknown); empty for any other id. Earlier releases accepted such ids from
     * broadcasters, so look up the index of broadcasters' ids first.
     */
    public static Optional<Position> position(String id) {
        if (id.length() != URN.length() + 36 || !id.startsWith(URN)) {
            return Optional.empty();
        }
        UUID uuid;
        try {
            uuid = UUID.fromString(id.substring(URN.length()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        long epoch = uuid.getMostSignificantBits() >>> 16;
        long sequence = uuid.getLeastSignificantBits() & 0x3fff_ffff_ffff_ffffL;
        if (sequence > Position.MAX_SEQUENCE) {
            return Optional.empty();
        }
        Position at = new Position(epoch, sequence, 0);
        return of(at).equals(id) ? Optional.of(at) : Optional.empty();
    }

    private static long checksum(long epoch, long sequence) {
        long h = (epoch * 0x9e37_79b9_7f4a_7c15L ^ sequence) * 0xbf58_476d_1ce4_e5b9L;
        return h >>> 52;
    }
}
