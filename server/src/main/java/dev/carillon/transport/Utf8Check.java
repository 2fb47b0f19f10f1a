package dev.carillon.transport;

/** Checks text that arrives in parts for well-formed UTF-8 (RFC 3629, section 4), so that a message is refused at its first wrong byte. */
final class Utf8Check {
    private static final int CONTINUATION_MIN = 0x80;
    private static final int CONTINUATION_MAX = 0xBF;

    /** Number of continuation bytes that must follow. */
    private int missing;

    /** Bounds of the next continuation byte: the first one after some lead bytes has narrower ones. */
    private int min = CONTINUATION_MIN;

    private int max = CONTINUATION_MAX;

    /** Whether the text may continue with this byte, 0 to 255. */
    boolean accepts(int next) {
        if (missing > 0) {
            if (next < min || next > max) {
                return false;
            }
            missing--;
            min = CONTINUATION_MIN;
            max = CONTINUATION_MAX;
            return true;
        }
        return next < 0x80 || lead(next);
    }

    private boolean lead(int next) {
        if (next < 0xC2 || next > 0xF4) {
            return false;
        }
        missing = next < 0xE0 ? 1 : next < 0xF0 ? 2 : 3;
        // Neither a longer form than necessary, nor a surrogate, nor more than U+10FFFF.
        min = next == 0xE0 ? 0xA0 : next == 0xF0 ? 0x90 : CONTINUATION_MIN;
        max = next == 0xED ? 0x9F : next == 0xF4 ? 0x8F : CONTINUATION_MAX;
        return true;
    }

    /** Whether the text may end here. */
    boolean isComplete() {
        return missing == 0;
    }
}
