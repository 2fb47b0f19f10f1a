package dev.carillon.format;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.broker.Live;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.Position;
import org.jspecify.annotations.Nullable;

/**
 * What a client is told that misses something: the event {@code carillon.gap}, whose data is JSON with a {@code reason} and, where it
 * is known, the {@code event} that is missing, the cursor {@code after} which to read what is missing, and the id of the event {@code
 * before} which it is.
 */
public final class Gap {
    public static final String TYPE = "carillon.gap";

    private Gap() {}

    /** An event that was found missing when the client had a later one. */
    public static String late(Live live) {
        ObjectNode gap = because("late");
        if (!live.event().isInSideLog()) {
            gap.put("event", live.id());
            gap.put("after", Cursor.of(before(live.at())));
        }
        return gap.toString();
    }

    /**
     * The client came back with the id of an event that the log has since an epoch began: if it had it in the one before, it misses what is
     * between.
     */
    public static String repeated(String id, Position after) {
        return because("repeated")
                .put("before", id)
                .put("after", Cursor.of(after))
                .toString();
    }

    /** So many were dropped because the client was slow. */
    public static String dropped(int count, @Nullable Position after) {
        ObjectNode gap = because("slow").put("dropped", count);
        if (after != null) {
            gap.put("after", Cursor.of(after));
        }
        return gap.toString();
    }

    /** From where what is at the position can be read. */
    public static Position before(Position at) {
        return new Position(at.epoch(), at.sequence() - 1, at.atMillis());
    }

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
