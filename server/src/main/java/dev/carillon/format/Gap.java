package dev.carillon.format;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.broker.Live;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.Position;
import org.jspecify.annotations.Nullable;

/**
 * Data of the event {@code carillon.gap}, which tells a client that it missed events: JSON with a {@code reason} and, if known, the id of the missing
 * {@code event}, the cursor {@code after} which the missing events can be read, and the id of the event {@code before} which they lie.
 */
public final class Gap {
    public static final String TYPE = "carillon.gap";

    private Gap() {}

    /** A missing event was found after the client had received a later one. */
    public static String late(Live live) {
        ObjectNode gap = because("late");
        if (!live.event().isInSideLog()) {
            gap.put("event", live.id());
            gap.put("after", Cursor.of(before(live.at())));
        }
        return gap.toString();
    }

    /**
     * The client resumed with the id of an event that may also have existed in an earlier epoch. If it received that one, it missed all events in
     * between.
     */
    public static String repeated(String id, Position after) {
        return because("repeated")
                .put("before", id)
                .put("after", Cursor.of(after))
                .toString();
    }

    /** Events were dropped because the client was slow. */
    public static String dropped(int count, @Nullable Position after) {
        ObjectNode gap = because("slow").put("dropped", count);
        if (after != null) {
            gap.put("after", Cursor.of(after));
        }
        return gap.toString();
    }

    /** The position to read from in order to get the event at a position. */
    public static Position before(Position at) {
        return new Position(at.epoch(), at.sequence() - 1, at.atMillis());
    }

    /** A gap for another reason. */
    public static String of(String reason, @Nullable Position after) {
        ObjectNode gap = because(reason);
        if (after != null) {
            gap.put("after", Cursor.of(after));
        }
        return gap.toString();
    }

    private static ObjectNode because(String reason) {
        return JsonNodeFactory.instance.objectNode().put("reason", reason);
    }
}
