package dev.carillon.node;

/** State of a node: {@code Starting → Serving → Draining → Stopped}; from every state a node can go to {@code Stopped} directly. */
sealed interface NodeState {
    /** Whether the node accepts new streams. */
    default boolean acceptsStreams() {
        return false;
    }

    record Starting() implements NodeState {
        Serving serve() {
            return new Serving();
        }
    }

    record Serving() implements NodeState {
        @Override
        public boolean acceptsStreams() {
            return true;
        }

        /** @param endNanos when the drain must have ended */
        Draining drain(int connections, long endNanos) {
            return new Draining(false, connections, endNanos);
        }
    }

    /**
     * Health checks answer {@code draining}.
     *
     * @param refusing whether the notice is over, so that new streams are refused
     * @param connectionsAtStart of the drain
     * @param endNanos when the drain must have ended, by the node's monotonic clock
     */
    record Draining(boolean refusing, int connectionsAtStart, long endNanos) implements NodeState {
        @Override
        public boolean acceptsStreams() {
            return !refusing;
        }

        Draining refuse() {
            return new Draining(true, connectionsAtStart, endNanos);
        }
    }

    record Stopped(String reason) implements NodeState {}
}
