package dev.carillon.broker.memory;

import dev.carillon.broker.Broker;
import dev.carillon.broker.RecordingNode;

/** Simulates an outage of the in-memory broker for one node, for tests of other packages. */
public final class MemoryOutage {
    private MemoryOutage() {}

    public static void begin(Broker broker) {
        RecordingNode.get(((MemoryBroker) broker).disconnect());
    }

    public static void end(Broker broker) {
        RecordingNode.get(((MemoryBroker) broker).reconnect());
    }
}
