package dev.carillon.base;

import java.nio.charset.StandardCharsets;

/** Checks of text from outside. */
public final class Text {
    private Text() {}

    /** Whether the text has no surrogate without its partner, so that UTF-8 can carry it unchanged. */
    public static boolean isWellFormed(String s) {
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < s.length() && Character.isLowSurrogate(s.charAt(i + 1))) {
                i++;
            } else {
                return false;
            }
        }
        return true;
    }

    /** Whether the text has a C0 control character or DEL; such a character could break a line-based frame or a log. */
    public static boolean hasControl(String s) {
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c < ' ' || c == 0x7f) {
                return true;
            }
        }
        return false;
    }

    /** Length in bytes of UTF-8, without encoding; of a well-formed text. */
    public static int utf8Length(String s) {
        int n = 0;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c < 0x80) {
                n++;
            } else if (c < 0x800 || Character.isSurrogate(c)) {
                n += 2;
            } else {
                n += 3;
            }
        }
        return n;
    }

    public static byte[] utf8(String s) {
        return s.getBytes(StandardCharsets.UTF_8);
    }

    /** The text on one line, for messages: control characters replaced, cut after {@code max} characters. */
    public static String printable(String s, int max) {
        StringBuilder out = new StringBuilder(Math.min(s.length(), max) + 1);
        for (int i = 0; i < s.length() && i < max; i++) {
            char c = s.charAt(i);
            out.append(c < ' ' || c == 0x7f || c == 0x2028 || c == 0x2029 ? '?' : c);
        }
        if (s.length() > max) {
            out.append('…');
        }
        return out.toString();
    }
}
