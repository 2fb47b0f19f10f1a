package dev.carillon.bench;

/**
 * Sees what the clients of a {@link Fleet} see. Called on the fleet's thread, which it must not hold up; times are of {@link
 * System#nanoTime()}.
 */
public interface FleetObserver {
    /** A client's stream is open: its first event is there. */
    default void opened(int client, long nanos) {}

    /** A client's stream, which was open, has ended. */
    default void closed(int client, long nanos) {}

    /** An event, the opening one included. */
    default void event(int client, StreamEvent event, long nanos) {}

    /** An answer after which a browser's EventSource gives up for good. */
    default void refusedForGood(int client, int status) {}
}
