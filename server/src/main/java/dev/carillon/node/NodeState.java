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

        Draining drain() {
            return new Draining(false);
        }
    }

    /**
     * Health checks answer {@code draining}.
     *
     * @param refusing whether the notice is over, so that new streams are refused
     */
    record Draining(boolean refusing) implements NodeState {
        @Override
        public boolean acceptsStreams() {
            return !refusing;
        }

        Draining refuse() {
            return new Draining(true);
        }
    }

    record Stopped(String reason) implements NodeState {}
}
