package dev.carillon.node;

import static dev.carillon.broker.RecordingNode.get;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Store;
import dev.carillon.mercure.ActiveSubscriptions;
import dev.carillon.mercure.Subscriber;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The parts of a node that know of others and of subscriptions; its clock runs {@value #SPEED} times as fast. */
final class SubscribingNode implements AutoCloseable {
    private static final int SPEED = 8;
    private static final Duration TICK = Duration.ofSeconds(2);

    private final String id;
    private final Broker broker;
    private final NodeRegistry registry;
    private final ActiveSubscriptions subscriptions;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final AtomicInteger ticks = new AtomicInteger();
    private @Nullable ScheduledFuture<?> ticking;

    SubscribingNode(String address, String id) {
        this.id = id;
        // The first one in a process also loads the driver, perhaps on a machine that is busy.
        this.broker = Brokers.open(address, BrokerOptions.of(id).startTimeout(Duration.ofSeconds(30)));
        this.registry = NodeRegistry.enter(
                broker.store(),
                System.currentTimeMillis(),
                new NodeRegistry.Entrant(
                        id,
                        generation -> new NodeRecord(id, generation, "127.0.0.1:1", 0, 0),
                        () -> {},
                        SubscribingNode::nanoTime));
        this.subscriptions =
                new ActiveSubscriptions(broker, id, registry.generation(), registry::look, SubscribingNode::nanoTime);
        registry.listen(subscriptions::check);
        resume();
    }

    /** How long something takes that takes so long by a node's clock. */
    static Duration real(Duration ofNode) {
        return ofNode.dividedBy(SPEED);
    }

    private static long nanoTime() {
        return System.nanoTime() * SPEED;
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

    /** As a process that is stopped for a while. */
    void pause() {
        ScheduledFuture<?> last = ticking;
        if (last != null) {
            last.cancel(false);
        }
    }

    void resume() {
        ticking = timer.scheduleWithFixedDelay(
                () -> {
                    var _ = registry.tick();
                    subscriptions.tick();
                    ticks.incrementAndGet();
                },
                0,
                real(TICK).toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /** Says nothing to anybody any more. */
    void crash() {
        timer.shutdownNow();
        broker.close();
    }

    void loseRecord() {
        get(broker.store().remove(new Store.Key(Tenant.SYSTEM, "node", id), Store.ANY));
    }

    void awaitTicks(int more) {
        int until = ticks.get() + more;
        await().atMost(Duration.ofSeconds(60)).until(() -> ticks.get() >= until);
    }

    @Override
    public void close() {
        crash();
    }
}
