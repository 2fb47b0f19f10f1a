package dev.carillon.cluster;

import java.util.concurrent.CompletionStage;

/** Asks every living node of the cluster, this one included. Thread-safe; never blocks. */
public interface AllNodes {
    /** Ends the connections of a context; each node answers with how many it had. */
    CompletionStage<Answers<Integer>> disconnect(ControlMessage.Disconnect message);

    CompletionStage<Answers<NodeHealth>> health();
}
