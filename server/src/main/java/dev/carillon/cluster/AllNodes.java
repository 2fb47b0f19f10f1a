package dev.carillon.cluster;

import java.util.concurrent.CompletionStage;

/**
 * Asks every node of the cluster that has a record in the registry, this one included. A node whose record has ended is not known, even if
 * it lives. Thread-safe; never blocks.
 */
public interface AllNodes {
    /** Ends the connections of a context; each node answers with how many it had. */
    CompletionStage<Answers<Integer>> disconnect(ControlMessage.Disconnect message);

    /** How each node is, as it said within the last second or so. */
    CompletionStage<Answers<NodeHealth>> health();
}
