package dev.carillon.lab.simulation.cluster;

import dev.carillon.lab.simulation.broker.BrokerServer;
import dev.carillon.lab.simulation.broker.LinkFaults;
import dev.carillon.lab.simulation.host.Schedule;
import dev.carillon.lab.simulation.host.Story;
import dev.carillon.lab.simulation.plan.Plan;
import java.util.List;

/** The parts of a run that its faults concern. */
public interface Cluster {
    Plan plan();

    Schedule schedule();

    Story story();

    BrokerServer broker();

    /** By the place of the node. */
    List<LinkFaults> links();

    ClusterNode node(int place);

    /** A new life of a node that has ended. */
    void restart(int place);

    /** The broker is about to lose data. */
    void dataLost();

    /** Calls between this node and others, and their answers, are lost from now on. */
    void loseCalls(int place, long nanos);

    /** The time of faults is over, also of those that the injector does not know. */
    default void heal() {}

    /** A client's connection breaks, or it leaves for a time. */
    void leave(int client, String why, long awayMillis);

    /** Whether a client reads. */
    void slow(int client, boolean value);
}
