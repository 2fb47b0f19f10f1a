package dev.carillon.testkit;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;

/** What certificates need of DER (ITU-T X.690). */
final class Der {
    private static final int SHORT_LENGTH = 0x80;
    private static final int SEVEN_BITS = 0x7f;
    private static final DateTimeFormatter UTC_TIME =
            DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private Der() {}

    static byte[] sequence(byte[]... parts) {
        return tagged(0x30, parts);
    }

    static byte[] integer(BigInteger value) {
        return tagged(0x02, value.toByteArray());
    }

    static byte[] yes() {
        return tagged(0x01, new byte[] {(byte) 0xff});
    }

    static byte[] nothing() {
        return tagged(0x05);
    }

    static byte[] octets(byte[] content) {
        return tagged(0x04, content);
    }

    /** A whole number of bytes. */
    static byte[] bits(byte[] content) {
        return tagged(0x03, new byte[] {0}, content);
    }

    /** Before 2050. */
    static byte[] time(Instant time) {
        return tagged(0x17, UTC_TIME.format(time).getBytes(StandardCharsets.US_ASCII));
    }

    static byte[] identifier(int first, int second, int... more) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.write(40 * first + second);
        for (int number : more) {
            for (int shift = 28; shift > 0; shift -= 7) {
                if (number >> shift > 0) {
                    content.write(SHORT_LENGTH | (number >> shift & SEVEN_BITS));
                }
            }
            content.write(number & SEVEN_BITS);
        }
        return tagged(0x06, content.toByteArray());
    }

    /** Up to 64 KiB of content. */
    static byte[] tagged(int tag, byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (length < SHORT_LENGTH) {
            out.write(length);
        } else {
            out.write(SHORT_LENGTH + 2);
            out.write(length >> 8);
            out.write(length);
        }
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
