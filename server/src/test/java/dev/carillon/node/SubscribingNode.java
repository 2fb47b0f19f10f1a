package dev.carillon.node;

import static dev.carillon.broker.RecordingNode.get;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.Store;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.mercure.SubscriptionAnnouncements;
import dev.carillon.scope.Tenant;
import dev.carillon.subscriptions.ActiveSubscriptions;
import dev.carillon.subscriptions.Subscriber;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** The parts of a node that know of others and of subscriptions. Time passes for it when the test says so. */
final class SubscribingNode implements AutoCloseable {
    private final String id;
    private final Broker broker;
    private final NodeRegistry registry;
    private final ActiveSubscriptions subscriptions;
    private boolean ticks = true;

    SubscribingNode(String address, String id, LongSupplier nanoTime) {
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
        this.subscriptions = new ActiveSubscriptions(
                broker,
                new ActiveSubscriptions.Membership(id, registry.generation(), registry),
                new SubscriptionAnnouncements(broker.channel()),
                Platform.system().nanoTime(nanoTime));
        registry.listen(subscriptions::check);
    }

    String id() {
        return id;
    }

    ActiveSubscriptions subscriptions() {
        return subscriptions;
    }

    List<Subscriber> list(Tenant tenant) {
        return get(subscriptions.list(tenant)).subscribers();
    }

    /** What a node does every two seconds; returns when its record is written. */
    void tick() {
        if (ticks) {
            get(registry.tick());
            subscriptions.tick();
        }
    }

    /** As a process that is stopped for a while. */
    void pause() {
        ticks = false;
    }

    void resume() {
        ticks = true;
    }

    /** Stops all communication. */
    void crash() {
        pause();
        broker.close();
    }

    void loseRecord() {
        get(broker.store().remove(new Store.Key(Tenant.SYSTEM, "node", id), Store.ANY));
    }

    @Override
    public void close() {
        crash();
    }
}
