package dev.carillon.lab.fleet;

/**
 * Sees what the clients of a {@link Fleet} see. Called on the fleet's thread, which it must not hold up; times are of {@link
 * System#nanoTime()}.
 */
public interface FleetObserver {
    /** A client's stream is open: its first event is there, or a comment that says so. */
    default void opened(int client, long nanos) {}

    /** A client's stream, which was open, has ended. */
    default void closed(int client, long nanos) {}

    /** An event, the opening one included. */
    default void event(int client, StreamEvent event, long nanos) {}

    /** An answer after which a browser's EventSource gives up for good. */
    default void refusedForGood(int client, int status) {}

    /** One that has two others see everything, the one after the other. */
    static FleetObserver both(FleetObserver first, FleetObserver second) {
        return new FleetObserver() {
            @Override
            public void opened(int client, long nanos) {
                first.opened(client, nanos);
                second.opened(client, nanos);
            }

            @Override
            public void closed(int client, long nanos) {
                first.closed(client, nanos);
                second.closed(client, nanos);
            }

            @Override
            public void event(int client, StreamEvent event, long nanos) {
                first.event(client, event, nanos);
                second.event(client, event, nanos);
            }

            @Override
            public void refusedForGood(int client, int status) {
                first.refusedForGood(client, status);
                second.refusedForGood(client, status);
            }
        };
    }
}
