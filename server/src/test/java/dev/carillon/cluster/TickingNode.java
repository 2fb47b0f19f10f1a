package dev.carillon.cluster;

import static dev.carillon.broker.RecordingNode.get;

import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import java.util.Optional;
import java.util.function.LongSupplier;

/** The parts of a node that know of other nodes. Time passes for it when the test says so. */
public abstract class TickingNode implements AutoCloseable {
    protected final String id;
    protected final Broker broker;
    protected final NodeRegistry registry;
    private boolean ticks = true;

    protected TickingNode(String address, String id, LongSupplier nanoTime) {
        this.id = id;
        // The first one in a process also loads the driver, perhaps on a machine that is busy.
        this.broker = Brokers.open(address, PatientOptions.of(id));
        this.registry = NodeRegistry.register(
                broker.store(),
                System.currentTimeMillis(),
                new NodeRegistry.Registration(
                        id,
                        generation -> new NodeRecord(id, generation, Optional.empty(), 0, 0),
                        () -> true,
                        nanoTime));
    }

    public String id() {
        return id;
    }

    /** What a node does every two seconds; returns when its record is written. */
    public void tick() {
        if (ticks) {
            get(registry.tick());
            tickParts();
        }
    }

    /** After the registry. */
    protected abstract void tickParts();

    protected boolean isPaused() {
        return !ticks;
    }

    /** As a process that is stopped for a while. */
    public void pause() {
        ticks = false;
    }

    public void resume() {
        ticks = true;
    }

    /** Stops all communication. */
    public void crash() {
        pause();
        broker.close();
    }

    @Override
    public void close() {
        crash();
    }
}
