package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static dev.carillon.broker.redis.AcknowledgedTraffic.SCOPE;
import static dev.carillon.broker.redis.AcknowledgedTraffic.TENANT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Text;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.Store;
import dev.carillon.process.RedisClusterServers;
import dev.carillon.process.RedisServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.Patience;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Slots that move and primaries that are killed under traffic, in a cluster whose broadcasts wait for the replica. */
@Tag("full")
@Tag("redis")
class ClusterFaultsIT {
    private static final int SLOT = SlotHash.getSlot(TENANT.name());

    private final RedisClusterServers servers = new RedisClusterServers(3, true);
    private final AcknowledgedTraffic traffic = new AcknowledgedTraffic(servers.address());

    @AfterEach
    void stop() throws InterruptedException {
        traffic.close();
        servers.close();
    }

    @Test
    void slot_that_migrates_under_traffic_loses_nothing_and_live_events_and_watches_follow() throws Exception {
        List<String> changes = new CopyOnWriteArrayList<>();
        Store store = traffic.nodes().getFirst().broker().store();
        AutoCloseable _ = get(
                store.watch(TENANT, "kind", change -> changes.add(change.key().name())));
        for (int i = 0; i < 3; i++) {
            traffic.awaitMore();
            servers.migrate(SLOT);
        }
        traffic.awaitMore();
        traffic.stop();

        requireWholeLog(4);
        Event last = Event.to(SCOPE).tenant(TENANT).data("last").build();
        await().ignoreExceptions().until(() -> {
            get(traffic.nodes().getFirst().channel().broadcast(last));
            return traffic.nodes().getLast().data().contains("last");
        });
        await().ignoreExceptions().until(() -> {
            get(store.put(new Store.Key(TENANT, "kind", "name"), Text.utf8("x"), Store.ANY, Duration.ZERO));
            return changes.contains("name");
        });
    }

    @Test
    void killed_primary_loses_no_acknowledged_event() throws Exception {
        traffic.awaitMore();
        RedisServer killed = servers.killPrimary(SLOT);
        killed.start();
        servers.awaitReady();
        traffic.awaitMore();
        traffic.stop();

        requireWholeLog(2);
    }

    @Test
    void node_starts_during_a_fail_over() {
        servers.primaryOf(SlotHash.getSlot(Tenant.SYSTEM.name())).stop();

        RecordingNode node = new RecordingNode(
                Brokers.open(servers.address(), BrokerOptions.of("late").startTimeout(Patience.LIMIT)));
        traffic.nodes().add(node);

        assertThat(node.broker().health().connected()).isTrue();
    }

    private void requireWholeLog(int epochs) {
        traffic.requireWholeLog(epochs);
        for (RecordingNode node : traffic.nodes()) {
            assertThat(node.health()).anyMatch(HealthEvent.PossibleLoss.class::isInstance);
        }
    }
}
