package dev.carillon.lab.fleet;

/**
 * Receives what happens to the clients of a {@link Fleet}. Called on the fleet's thread; must not block. Times are those of {@link
 * System#nanoTime()}.
 */
public interface FleetObserver {
    /** A client's stream is open: its first event, comment or delay was received. */
    default void opened(int client, long nanos) {}

    /** A client knows the position before its state, and loads the state now. */
    default void positioned(int client, long nanos) {}

    /** A client's open stream has ended. */
    default void closed(int client, long nanos) {}

    /** A client has received an event, including {@code carillon.open}. */
    default void event(int client, StreamEvent event, long nanos) {}

    /**
     * A client's attempt to open a stream has failed; it tries again.
     *
     * @param status status of the response; 0 without one
     */
    default void notOpened(int client, int status) {}

    /**
     * A node has refused a client's attempt to open a stream for the moment, as it is designed to; the client tries again.
     *
     * @param reason that the node gave
     */
    default void refused(int client, String reason) {}

    /**
     * The stream that was opened last, and is {@linkplain #closed closed} already, was one that the node has refused for the moment after the head of its
     * response: it has had no event.
     */
    default void withdrawn(int client, String reason) {}

    /** A client has received a response after which a browser's EventSource does not reconnect. */
    default void refusedForGood(int client, int status) {}

    /** An observer that calls two others in order. */
    static FleetObserver both(FleetObserver first, FleetObserver second) {
        return new FleetObserver() {
            @Override
            public void opened(int client, long nanos) {
                first.opened(client, nanos);
                second.opened(client, nanos);
            }

            @Override
            public void positioned(int client, long nanos) {
                first.positioned(client, nanos);
                second.positioned(client, nanos);
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
            public void notOpened(int client, int status) {
                first.notOpened(client, status);
                second.notOpened(client, status);
            }

            @Override
            public void refused(int client, String reason) {
                first.refused(client, reason);
                second.refused(client, reason);
            }

            @Override
            public void withdrawn(int client, String reason) {
                first.withdrawn(client, reason);
                second.withdrawn(client, reason);
            }

            @Override
            public void refusedForGood(int client, int status) {
                first.refusedForGood(client, status);
                second.refusedForGood(client, status);
            }
        };
    }
}
