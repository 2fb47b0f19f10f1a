package dev.carillon.cluster;

import java.util.concurrent.CompletionStage;

/** The other nodes, as this one sees them. */
@FunctionalInterface
public interface Peers {
    /** Which nodes were there at a moment. */
    @FunctionalInterface
    interface View {
        /**
         * Whether this life of a node is certainly over, or has not been heard of for so long that it counts as over. False for one that
         * is not known well enough yet.
         */
        boolean isGone(String node, long generation);
    }

    /** Reads the nodes now, not before this call. Fails as the broker does; never blocks. */
    CompletionStage<View> look();
}
