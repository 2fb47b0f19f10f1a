package dev.carillon.node;

/** Where a node is in its life: it starts, serves, and stops. */
sealed interface NodeState {
    record Starting() implements NodeState {
        Serving serve() {
            return new Serving();
        }
    }

    record Serving() implements NodeState {}

    record Stopped(String reason) implements NodeState {}
}
