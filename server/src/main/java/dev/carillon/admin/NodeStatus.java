package dev.carillon.admin;

import dev.carillon.cluster.BrokerState;
import dev.carillon.source.intake.SourceStatus;
import java.util.List;
import java.util.Optional;

/** State of the node for health checks. No method blocks. */
public interface NodeStatus {
    String nodeId();

    /** Larger at each start of the node. */
    long generation();

    String version();

    /** Whether proxies should send new clients to the node; false from the beginning of a drain. */
    boolean serving();

    BrokerState broker();

    /** Whether the application that decides about clients answers; empty: none is asked. */
    Optional<Boolean> authorizerAvailable();

    /** The event sources, as this node sees them; empty: there are none. */
    List<SourceStatus> sources();

    /** Id that all nodes of this cluster share and no other cluster has; empty: not known yet. */
    Optional<String> cluster();

    /** Number of contexts that this node owns. */
    int contexts();

    /** Number of open event streams and WebSockets. */
    int connections();

    /** Number of live nodes in the cluster, including this one. */
    int clusterNodes();

    /** Number of contexts in the cluster, as the nodes last reported. */
    long clusterContexts();
}
