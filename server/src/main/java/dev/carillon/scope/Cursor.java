package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;

/**
 * A position as clients see it: versioned text that they hand back unread. A version that is not known is refused, so that
 * a log that is split later can use one with several positions.
 */
public final class Cursor {
    /** No broadcaster's id may begin with this, so that {@code Last-Event-ID} can take both. */
    public static final String PREFIX = "cursor:";

    /** In place of an id: all that the log still has. */
    public static final String EARLIEST = "earliest";

    private static final String V1 = PREFIX + "1:";

    private Cursor() {}

    public static boolean isCursor(String text) {
        return text.startsWith(PREFIX);
    }

    public static String of(Position at) {
        return V1 + Long.toString(at.epoch(), 36) + "." + Long.toString(at.sequence(), 36) + "."
                + Long.toString(at.atMillis(), 36);
    }

    /** @throws CarillonException {@code invalid-cursor} */
    public static Position parse(String text) {
        if (!text.startsWith(V1) || text.length() > 80) {
            throw invalid(text);
        }
        String[] parts = text.substring(V1.length()).split("\\.", -1);
        if (parts.length != 3) {
            throw invalid(text);
        }
        try {
            return new Position(
                    Long.parseLong(parts[0], 36), Long.parseLong(parts[1], 36), Long.parseLong(parts[2], 36));
        } catch (IllegalArgumentException e) {
            throw invalid(text);
        }
    }

    private static CarillonException invalid(String text) {
        return new CarillonException(
                ErrorCode.INVALID_CURSOR,
                "cursor \"" + Text.printable(text, 100) + "\": is not one that this cluster gave out");
    }
}
