package dev.carillon.lab.simulation.cluster;

import dev.carillon.lab.simulation.broker.BrokerLink;
import dev.carillon.lab.simulation.host.Host;

/** One life of a node, as faults reach it. */
public interface ClusterNode {
    Host host();

    BrokerLink link();

    /** Whether the proxy sends clients here. */
    boolean accepts();

    /** The node begins to stop. */
    void drain();

    /** The process ends at once. */
    void crash();
}
