package dev.carillon.node;

/** Where a node is in its life: it starts, serves, drains where it is given the time, and stops. */
sealed interface NodeState {
    /** Whether a client that comes is taken. */
    default boolean accepts() {
        return false;
    }

    record Starting() implements NodeState {
        Serving serve() {
            return new Serving();
        }
    }

    record Serving() implements NodeState {
        @Override
        public boolean accepts() {
            return true;
        }

        Draining drain() {
            return new Draining(false);
        }
    }

    /**
     * Its health says so.
     *
     * @param refusing whether the notice is over
     */
    record Draining(boolean refusing) implements NodeState {
        @Override
        public boolean accepts() {
            return !refusing;
        }

        Draining refuse() {
            return new Draining(true);
        }
    }

    record Stopped(String reason) implements NodeState {}
}
