package dev.carillon.admin;

import java.util.Optional;

/** What the node tells of itself; answers at once. */
public interface NodeStatus {
    String nodeId();

    String version();

    /** Whether the node is to be given new clients: not from the beginning of a drain on. */
    boolean serving();

    String brokerDriver();

    boolean brokerConnected();

    /** Whether the broker takes what is broadcast, as far as is known. */
    boolean brokerWritable();

    /** What all nodes of this cluster have in common and no other has; empty: not known yet. */
    Optional<String> cluster();

    /** Contexts that this node owns. */
    int contexts();

    /** Open event streams. */
    int streams();

    /** Nodes of the cluster that are known to live, this one included. */
    int clusterNodes();

    /** Contexts of the cluster, as the nodes last told. */
    long clusterContexts();
}
