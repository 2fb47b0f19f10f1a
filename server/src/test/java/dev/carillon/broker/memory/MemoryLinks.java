package dev.carillon.broker.memory;

import dev.carillon.broker.Broker;
import dev.carillon.broker.RecordingNode;

/** Cuts a node off the in-memory broker, as a broken network would, for tests of other rooms. */
public final class MemoryLinks {
    private MemoryLinks() {}

    public static void cut(Broker broker) {
        RecordingNode.get(((MemoryBroker) broker).cut());
    }

    public static void heal(Broker broker) {
        RecordingNode.get(((MemoryBroker) broker).heal());
    }
}
