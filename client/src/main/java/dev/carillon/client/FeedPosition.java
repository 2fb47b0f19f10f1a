package dev.carillon.client;

import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the next connection of a feed begins. While a connection adds its topics, their missed events come between live ones of {@code global}, so that no event
 * is a position of all; the position stays until they have come. Should the connection end before, the events that it delivered come again; they are dropped.
 */
final class FeedPosition {
    /** More of them are forgotten: the first ones would be repeated. */
    private static final int MAX_DELIVERED = 10_000;

    /** An event id or a cursor; empty: none yet. */
    private volatile String value = "";

    private volatile boolean held;
    /** Only on the thread that reads. */
    private final Set<String> delivered = new LinkedHashSet<>();

    String value() {
        return value;
    }

    /** @param cursor null: unknown */
    void begin(@Nullable String cursor) {
        if (value.isEmpty()) {
            value = Objects.requireNonNullElse(cursor, "");
        }
    }

    /** A connection begins, with or without all topics. */
    void hold(boolean without) {
        held = without;
        if (!without) {
            delivered.clear();
        }
    }

    /** All events before the cursor have been delivered. */
    void release(String cursor) {
        held = false;
        delivered.clear();
        value = cursor;
    }

    /** All events before the cursor have been delivered, unless topics are being added. */
    void at(@Nullable String cursor) {
        if (cursor != null && !held) {
            value = cursor;
        }
    }

    /** Whether the event is to be delivered. On the thread that reads. */
    boolean next(FeedEvent event) {
        if (event.id().isEmpty()) {
            return true;
        }
        String id = event.id().get();
        if (!held) {
            value = id;
            return true;
        }
        boolean isNew = delivered.add(id + '\n' + event.type() + '\n' + event.scopes());
        if (delivered.size() > MAX_DELIVERED) {
            delivered.remove(delivered.iterator().next());
        }
        return isNew;
    }
}
