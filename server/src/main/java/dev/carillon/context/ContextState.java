package dev.carillon.context;

/** Where a context is in its life. */
sealed interface ContextState {
    /** Has an open connection. */
    record Connected() implements ContextState {}

    /** Has none, and waits for its client to come back. */
    record Detached(long sinceNanos) implements ContextState {}

    /** Is gone; its id will not be taken again. */
    record Ended() implements ContextState {}
}
