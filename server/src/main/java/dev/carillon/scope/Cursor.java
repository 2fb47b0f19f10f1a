package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;

/**
 * A position as opaque, versioned text. A client stores a cursor and sends it back unchanged. An unknown version is refused, so that a later
 * version can hold several positions, for a tenant whose log was split.
 */
public final class Cursor {
    /** Prefix of every cursor. {@link Event} refuses ids that begin with it, so that {@code Last-Event-ID} can hold a cursor or an id. */
    public static final String PREFIX = "cursor:";

    /** Stands in place of an id or a cursor for the start of the log. */
    public static final String EARLIEST = "earliest";

    private static final String V1 = PREFIX + "1:";

    private Cursor() {}

    /** Whether the text has the prefix of a cursor; it may still be invalid. */
    public static boolean isCursor(String text) {
        return text.startsWith(PREFIX);
    }

    /** The cursor of a position, at most 80 characters. */
    public static String of(Position at) {
        return V1 + Long.toString(at.epoch(), 36) + "." + Long.toString(at.sequence(), 36) + "."
                + Long.toString(at.atMillis(), 36);
    }

    /**
     * The position that a cursor holds.
     *
     * @throws CarillonException {@code invalid-cursor} if {@link #of} cannot have returned the text
     */
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
                "cursor \"" + Text.printable(text, 100) + "\": must be a cursor that this cluster returned, unchanged");
    }
}
