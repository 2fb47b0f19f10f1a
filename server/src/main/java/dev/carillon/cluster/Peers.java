package dev.carillon.cluster;

import java.util.concurrent.CompletionStage;

/** The other nodes, as seen by this one. */
@FunctionalInterface
public interface Peers {
    /** The nodes at one moment. */
    @FunctionalInterface
    interface View {
        /**
         * Whether this generation of a node has certainly ended, or its lease has expired. False for a node that is not known well enough
         * yet.
         */
        boolean hasEnded(String node, long generation);
    }

    /** The nodes as they were read last, without a request. Unless overridden, each may have ended: {@link #refresh} knows. */
    default View known() {
        return (node, generation) -> true;
    }

    /** Reads the nodes now. Fails as the broker does; never blocks. */
    CompletionStage<View> refresh();
}
