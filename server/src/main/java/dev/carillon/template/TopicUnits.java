package dev.carillon.template;

import java.util.Arrays;

/**
 * A topic, or a literal of a template, as a sequence of the units that templates match. A unit is an ASCII character, a whole {@code %XX} (so that
 * no match ends inside of it), or one byte of the UTF-8 encoding of any other character. Immutable.
 */
final class TopicUnits {
    /** The first unit for {@code %XX}, numbered by its two digits as written. Lower units are ASCII characters, and from {@code 0x80} on UTF-8 bytes. */
    static final int PERCENT_ENCODED = 0x100;

    private static final String DIGITS = "0123456789ABCDEFabcdef";

    /** Number of different units. */
    static final int COUNT = PERCENT_ENCODED + DIGITS.length() * DIGITS.length();

    /** Stands for a percent sign without two digits, and for an unpaired surrogate. No template matches it. */
    private static final short INVALID = '%';

    private static final byte[] DIGIT_OF = new byte[0x80];

    static {
        Arrays.fill(DIGIT_OF, (byte) -1);
        for (int i = 0; i < DIGITS.length(); i++) {
            DIGIT_OF[DIGITS.charAt(i)] = (byte) i;
        }
    }

    private final short[] units;

    private TopicUnits(short[] units) {
        this.units = units;
    }

    static TopicUnits of(String text) {
        short[] units = new short[text.length()];
        int count = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                int unit = percentEncoded(text, i);
                units[count++] = (short) unit;
                i += unit == INVALID ? 0 : 2;
            } else if (c < 0x80) {
                units[count++] = (short) c;
            } else {
                int codePoint = text.codePointAt(i);
                if (count + (text.length() - i) * 3 > units.length) {
                    // A char takes at most three bytes; a surrogate pair takes four.
                    units = Arrays.copyOf(units, count + (text.length() - i) * 3);
                }
                count = utf8(codePoint, units, count);
                i += Character.charCount(codePoint) - 1;
            }
        }
        return new TopicUnits(count == units.length ? units : Arrays.copyOf(units, count));
    }

    int count() {
        return units.length;
    }

    int at(int index) {
        return units[index];
    }

    /** The unit of a UTF-8 byte's percent-encoding, with upper-case digits. */
    static int percentEncoded(int utf8Byte) {
        return PERCENT_ENCODED + (utf8Byte >> 4) * DIGITS.length() + (utf8Byte & 0xf);
    }

    static boolean isHexDigit(char c) {
        return c < 0x80 && DIGIT_OF[c] >= 0;
    }

    private static int percentEncoded(String text, int at) {
        if (at + 2 < text.length() && isHexDigit(text.charAt(at + 1)) && isHexDigit(text.charAt(at + 2))) {
            return PERCENT_ENCODED + DIGIT_OF[text.charAt(at + 1)] * DIGITS.length() + DIGIT_OF[text.charAt(at + 2)];
        }
        return INVALID;
    }

    private static int utf8(int codePoint, short[] to, int at) {
        int next = at;
        if (codePoint < 0x800) {
            to[next++] = (short) (0xc0 | codePoint >> 6);
        } else if (codePoint < 0x10000) {
            if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
                to[next++] = INVALID;
                return next;
            }
            to[next++] = (short) (0xe0 | codePoint >> 12);
            to[next++] = (short) (0x80 | codePoint >> 6 & 0x3f);
        } else {
            to[next++] = (short) (0xf0 | codePoint >> 18);
            to[next++] = (short) (0x80 | codePoint >> 12 & 0x3f);
            to[next++] = (short) (0x80 | codePoint >> 6 & 0x3f);
        }
        to[next++] = (short) (0x80 | codePoint & 0x3f);
        return next;
    }
}
