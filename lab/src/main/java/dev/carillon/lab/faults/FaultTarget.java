package dev.carillon.lab.faults;

import dev.carillon.lab.account.Ledger;

/** What a fault is injected into: a cluster under traffic, and the ledger of that traffic. */
interface FaultTarget {
    FaultCluster cluster();

    Ledger ledger();

    /** Broadcasts an event to a scope without other traffic, through a node that the fault does not affect. */
    void broadcastQuiet();

    /** Begins to observe the open streams of the clients that do not lose connections at random. */
    void observeStreams();

    /** Stops the broker for the planned outage and restarts it. */
    void stopBroker() throws InterruptedException;

    /** Kills and restarts random nodes, one after the other, as often as planned. */
    void killNodes() throws InterruptedException;

    /**
     * Restarts all nodes one after another by the command {@code roll}, and broadcasts the events of the late sequences meanwhile.
     *
     * @param restartBroker whether the broker is restarted while the second node drains
     */
    void roll(boolean restartBroker) throws InterruptedException;

    /** Adds the live heap of the nodes to the result; all nodes must run. */
    void measureHeap();

    /** Prints a progress line. */
    void report(String line);
}
