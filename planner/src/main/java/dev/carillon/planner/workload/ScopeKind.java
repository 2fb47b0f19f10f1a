package dev.carillon.planner.workload;

/** Kinds of scopes by how the connections of one are spread over the nodes. */
public enum ScopeKind {
    /** Every connection, on every node. */
    GLOBAL,
    /** Connections anywhere. */
    TOPIC,
    /** Connections anywhere. */
    ROUTE,
    /** Connections of one user, which may be on different nodes. */
    USER,
    /** Connections of one browser: a sticky proxy keeps them on one node. */
    SESSION,
    /** One connection. */
    TAB;

    /**
     * On how many of the nodes an event of such a scope arrives: those with at least one of its connections, if these are placed at random.
     *
     * @param audience connections in the scope
     */
    public double interestedNodes(double audience, int nodes) {
        return switch (this) {
            case GLOBAL -> nodes;
            case SESSION, TAB -> 1;
            case TOPIC, ROUTE, USER -> Math.max(1, nodes * (1 - Math.pow(1 - 1.0 / nodes, audience)));
        };
    }
}
