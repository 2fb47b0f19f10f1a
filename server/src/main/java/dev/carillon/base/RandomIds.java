package dev.carillon.base;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.UUID;

/** Ids that cannot be guessed. */
public final class RandomIds {
    private static final long VERSION_MASK = 0xF000L;
    private static final long VERSION_4 = 0x4000L;
    private static final long VARIANT_MASK = 0xC000_0000_0000_0000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;

    private RandomIds() {}

    /** As {@link UUID#randomUUID} (RFC 9562, section 5.4), of a source that is given. */
    public static UUID uuid(SecureRandom random) {
        byte[] bytes = new byte[2 * Long.BYTES];
        random.nextBytes(bytes);
        ByteBuffer bits = ByteBuffer.wrap(bytes);
        return new UUID(bits.getLong() & ~VERSION_MASK | VERSION_4, bits.getLong() & ~VARIANT_MASK | VARIANT);
    }
}
