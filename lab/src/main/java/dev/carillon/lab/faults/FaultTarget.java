package dev.carillon.lab.faults;

import dev.carillon.lab.account.Ledger;

/** What faults befall: a cluster under traffic, and the account of that traffic. */
interface FaultTarget {
    FaultCluster cluster();

    Ledger ledger();

    /** Broadcasts an event in the scope that has no other traffic, not through the node that faults befall. */
    void broadcastQuiet();

    /** Stops the broker for as long as the plan says, and starts it again. */
    void awaitReturnOfBroker() throws InterruptedException;

    /** Kills nodes at random, one after the other, as many as the plan says. */
    void killNodes() throws InterruptedException;

    /** Adds the live heap of the nodes to the result; all must run. */
    void measureHeap();

    /** Tells the user. */
    void say(String what);
}
