package dev.carillon.lab.account;

import org.jspecify.annotations.Nullable;

/** What a subscriber saw, in its order. */
sealed interface Seen {
    /** When, by the machine's clock. */
    long atMillis();

    /** A stream began, at this node. */
    record Opened(String node, long atMillis) implements Seen {}

    /** Its stream ended. */
    record Ended(long atMillis) implements Seen {}

    /** An event of ours. */
    record Got(Broadcast event, long atMillis) implements Seen {}

    /**
     * A {@code carillon.gap}.
     *
     * @param event the id that it names; null: none
     * @param afterMillis the broker's time of the cursor that it names; 0: none
     */
    record Told(String reason, @Nullable String event, long afterMillis, long atMillis) implements Seen {}
}
