package dev.carillon.base;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.UUID;

/** Unguessable ids. */
public final class RandomIds {
    private static final long VERSION_MASK = 0xF000L;
    private static final long VERSION_4 = 0x4000L;
    private static final long VARIANT_MASK = 0xC000_0000_0000_0000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;

    private RandomIds() {}

    /** A version 4 UUID (RFC 9562, section 5.4), as {@link UUID#randomUUID}, from a given source of randomness. */
    public static UUID uuid(SecureRandom random) {
        byte[] bytes = new byte[2 * Long.BYTES];
        random.nextBytes(bytes);
        ByteBuffer bits = ByteBuffer.wrap(bytes);
        return new UUID(bits.getLong() & ~VERSION_MASK | VERSION_4, bits.getLong() & ~VARIANT_MASK | VARIANT);
    }
}
