package dev.carillon.cluster;

import java.util.concurrent.CompletionStage;

/**
 * Requests to every node of the cluster that has a record in the registry, including this one. A node whose record has expired is
 * unknown, even if it is running. Thread-safe; never blocks.
 */
public interface AllNodes {
    /** Ends the connections of a context; each node answers with the number of connections it ended. */
    CompletionStage<Answers<Integer>> disconnect(ControlMessage.Disconnect message);

    /** Makes answers of the authorizer invalid; each node answers with the number of tokens whose answers it held. */
    CompletionStage<Answers<Integer>> invalidate(ControlMessage.Invalidate message);

    /** The connections that match a filter. */
    CompletionStage<Answers<ConnectionList>> connections(ControlMessage.ListConnections message);

    /** Closes the connections that match a filter; each node answers with the number of connections it closed. */
    CompletionStage<Answers<Integer>> close(ControlMessage.CloseConnections message);

    /** What each node knows of an event, as JSON of the package that asks. */
    CompletionStage<Answers<String>> explain(ControlMessage.Explain message);

    /** The health of each node, at most about a second old. */
    CompletionStage<Answers<NodeHealth>> health();

    /** Begins a drain of one node; false: no node has this id. Fails as {@link NodeCalls#call}. */
    CompletionStage<Boolean> drain(String nodeId);

    /** Sets the level of a logger of one node; false: no node has this id, or it has no such logger. Fails as {@link NodeCalls#call}. */
    CompletionStage<Boolean> logLevel(String nodeId, ControlMessage.SetLogLevel message);
}
