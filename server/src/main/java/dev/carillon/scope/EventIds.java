package dev.carillon.scope;

import java.util.Optional;
import java.util.UUID;

/**
 * Ids of events whose broadcaster gave none: a UUID URN (RFC 9562, version 8) that encodes epoch and sequence, so that the
 * position of such an id needs no index. 48 bits epoch, 12 bits check, 62 bits sequence.
 */
public final class EventIds {
    private static final String URN = "urn:uuid:";

    private EventIds() {}

    public static String of(Position at) {
        long msb = at.epoch() << 16 | 0x8000L | check(at.epoch(), at.sequence());
        long lsb = 0x8000_0000_0000_0000L | at.sequence();
        return URN + new UUID(msb, lsb);
    }

    /**
     * The position that an id encodes, its time unknown (0); empty for any other id. Earlier releases took such an id from
     * a broadcaster: look into an index of given ids first.
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

    private static long check(long epoch, long sequence) {
        long h = (epoch * 0x9e37_79b9_7f4a_7c15L ^ sequence) * 0xbf58_476d_1ce4_e5b9L;
        return h >>> 52;
    }
}
