package dev.carillon.page.signal;

import java.util.ArrayList;
import java.util.List;

/**
 * A shared signal as the store has it: marks of the nodes that wrote it last, each with the number of its write, and then the text. A node whose write
 * got no answer finds by its mark whether the write took effect, also when others have written since.
 *
 * @param marks {@code WRITER:NUMBER}, separated by blanks, the last writer first; of at most {@value #MAX_MARKS} writers
 */
record StoredSignal(String marks, String text) {
    static final int MAX_MARKS = 16;
    /** At least as many as the marks need. */
    static final int OVERHEAD_BYTES = 512;

    private static final char VERSION = '\u0001';
    private static final char END = '\n';

    /** Whether a write is in a value. */
    enum Outcome {
        /** It is the last one. */
        LAST,
        /** Others have written since. */
        OVERTAKEN,
        NOT_WRITTEN,
        /** More writers than marks may have written since. */
        UNKNOWN
    }

    /** The value after a write. */
    StoredSignal next(String writer, long number, String newText) {
        List<String> all = new ArrayList<>();
        all.add(writer + ":" + number);
        for (String mark : all()) {
            if (!mark.startsWith(writer + ":") && all.size() < MAX_MARKS) {
                all.add(mark);
            }
        }
        return new StoredSignal(String.join(" ", all), newText);
    }

    /** Whether the write of that number is in this value; a node has one write of a signal in flight. */
    Outcome outcome(String writer, long number) {
        List<String> all = all();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).startsWith(writer + ":")) {
                boolean written = all.get(i).equals(writer + ":" + number);
                return !written ? Outcome.NOT_WRITTEN : i == 0 ? Outcome.LAST : Outcome.OVERTAKEN;
            }
        }
        return all.size() < MAX_MARKS ? Outcome.NOT_WRITTEN : Outcome.UNKNOWN;
    }

    private List<String> all() {
        return marks.isEmpty() ? List.of() : List.of(marks.split(" ", -1));
    }

    String stored() {
        return VERSION + marks + END + text;
    }

    /** A text without marks is one as well. */
    static StoredSignal of(String stored) {
        int end = stored.isEmpty() || stored.charAt(0) != VERSION ? -1 : stored.indexOf(END);
        return end < 0
                ? new StoredSignal("", stored)
                : new StoredSignal(stored.substring(1, end), stored.substring(end + 1));
    }
}
