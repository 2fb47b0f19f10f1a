package dev.carillon.node;

import static dev.carillon.broker.RecordingNode.get;

import dev.carillon.base.Platform;
import dev.carillon.broker.Store;
import dev.carillon.cluster.TickingNode;
import dev.carillon.mercure.SubscriptionAnnouncements;
import dev.carillon.scope.Tenant;
import dev.carillon.subscriptions.ActiveSubscriptions;
import dev.carillon.subscriptions.Subscriber;
import java.util.List;
import java.util.function.LongSupplier;

/** A node that knows the active subscriptions. */
final class SubscribingNode extends TickingNode {
    private final ActiveSubscriptions subscriptions;

    SubscribingNode(String address, String id, LongSupplier nanoTime) {
        super(address, id, nanoTime);
        this.subscriptions = new ActiveSubscriptions(
                broker,
                new ActiveSubscriptions.Membership(id, registry.generation(), registry),
                new SubscriptionAnnouncements(broker.channel()),
                Platform.system().nanoTime(nanoTime));
        registry.listen(subscriptions::check);
    }

    ActiveSubscriptions subscriptions() {
        return subscriptions;
    }

    List<Subscriber> list(Tenant tenant) {
        return get(subscriptions.list(tenant)).subscribers();
    }

    @Override
    protected void tickParts() {
        subscriptions.tick();
    }

    void loseRecord() {
        get(broker.store().remove(new Store.Key(Tenant.SYSTEM, "node", id), Store.ANY));
    }
}
