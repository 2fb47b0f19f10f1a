package dev.carillon.context;

/** The lifecycle state of a context. */
sealed interface ContextState {
    /** The context was created without a connection and waits for the first one. */
    record Reserved(long sinceNanos) implements ContextState {}

    /** The client has an open connection. */
    record Connected() implements ContextState {}

    /** The connection has ended; the context waits for its client to reconnect. */
    record Disconnected(long sinceNanos) implements ContextState {}

    /** The context has ended; its id is not accepted again. */
    record Ended() implements ContextState {}
}
