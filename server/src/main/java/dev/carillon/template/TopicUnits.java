package dev.carillon.template;

import java.util.Arrays;

/**
 * A topic, or a literal of a template, cut into the units that templates are matched by: an ASCII character, {@code %XX} as a
 * whole (never a part of it, so that a match cannot end within one), or one byte of the UTF-8 of any other character. Immutable.
 */
final class TopicUnits {
    /** Units below are ASCII, or bytes of UTF-8 from {@code 0x80} on; from here on {@code %XX}, by its two digits as written. */
    static final int PERCENT_ENCODED = 0x100;

    private static final String DIGITS = "0123456789ABCDEFabcdef";

    /** How many different units there are. */
    static final int COUNT = PERCENT_ENCODED + DIGITS.length() * DIGITS.length();

    /** A percent sign without two digits, and half a surrogate pair: neither is in any template. */
    private static final short STRAY = '%';

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
                i += unit == STRAY ? 0 : 2;
            } else if (c < 0x80) {
                units[count++] = (short) c;
            } else {
                int character = text.codePointAt(i);
                if (count + (text.length() - i) * 3 > units.length) {
                    // A char is three bytes at the most: a pair of surrogates is four.
                    units = Arrays.copyOf(units, count + (text.length() - i) * 3);
                }
                count = utf8(character, units, count);
                i += Character.charCount(character) - 1;
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

    /** The unit of {@code %XX}, in capitals, for a byte of UTF-8. */
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
        return STRAY;
    }

    private static int utf8(int character, short[] to, int at) {
        int next = at;
        if (character < 0x800) {
            to[next++] = (short) (0xc0 | character >> 6);
        } else if (character < 0x10000) {
            if (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE) {
                to[next++] = STRAY;
                return next;
            }
            to[next++] = (short) (0xe0 | character >> 12);
            to[next++] = (short) (0x80 | character >> 6 & 0x3f);
        } else {
            to[next++] = (short) (0xf0 | character >> 18);
            to[next++] = (short) (0x80 | character >> 12 & 0x3f);
            to[next++] = (short) (0x80 | character >> 6 & 0x3f);
        }
        to[next++] = (short) (0x80 | character & 0x3f);
        return next;
    }
}
