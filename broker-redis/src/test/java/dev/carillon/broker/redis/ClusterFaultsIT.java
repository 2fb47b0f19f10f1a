package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.CarillonException;
import dev.carillon.base.Text;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.Live;
import dev.carillon.broker.Page;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.RedisOptions;
import dev.carillon.broker.Store;
import dev.carillon.process.RedisClusterServers;
import dev.carillon.process.RedisServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.Patience;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Slots that move and primaries that are killed under traffic, in a cluster whose broadcasts wait for the replica. */
@Tag("full")
@Tag("redis")
class ClusterFaultsIT {
    private static final Tenant TENANT = new Tenant("acme");
    private static final int SLOT = SlotHash.getSlot(TENANT.name());
    private static final Scope SCOPE = Scope.topic("a");
    private static final int BROADCASTERS = 4;
    private static final int BETWEEN_FAULTS = 300;
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final RedisClusterServers servers = new RedisClusterServers(3, true);
    private final List<RecordingNode> nodes = new ArrayList<>();
    private final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
    private final List<Thread> broadcasters = new ArrayList<>();
    private volatile boolean traffic = true;

    @BeforeEach
    void startTraffic() {
        BrokerOptions options = BrokerOptions.of("n")
                .startTimeout(Patience.LIMIT)
                .policies(ScopePolicies.parse(List.of("topic:a=1000000/1h")))
                .redis(new RedisOptions("carillon", 1));
        for (int i = 0; i < 2; i++) {
            RecordingNode node = new RecordingNode(Brokers.open(servers.address(), options));
            nodes.add(node);
            await().ignoreExceptions().until(() -> {
                node.join(TENANT, SCOPE);
                return true;
            });
        }
        for (int i = 0; i < BROADCASTERS; i++) {
            RecordingNode node = nodes.get(i % nodes.size());
            String name = "b" + i + "-";
            broadcasters.add(Thread.ofVirtual().start(() -> broadcast(node, name)));
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        stopTraffic();
        nodes.forEach(RecordingNode::close);
        servers.close();
    }

    private void broadcast(RecordingNode node, String name) {
        for (int n = 0; traffic; n++) {
            Event event =
                    Event.to(SCOPE).tenant(TENANT).id(name + n).data(name + n).build();
            while (traffic) {
                try {
                    get(node.channel().broadcast(event));
                    acknowledged.add(name + n);
                    break;
                } catch (CarillonException e) {
                    // It is repeated; the pause leaves the processor to the servers.
                    LockSupport.parkNanos(PAUSE.toNanos());
                }
            }
        }
    }

    private void stopTraffic() throws InterruptedException {
        traffic = false;
        for (Thread broadcaster : broadcasters) {
            broadcaster.join();
        }
    }

    private void awaitTraffic() {
        int before = acknowledged.size();
        await().until(() -> acknowledged.size() >= before + BETWEEN_FAULTS);
    }

    @Test
    void slot_that_migrates_under_traffic_loses_nothing_and_live_events_and_watches_follow() throws Exception {
        List<String> changes = new CopyOnWriteArrayList<>();
        Store store = nodes.getFirst().broker().store();
        AutoCloseable _ = get(
                store.watch(TENANT, "kind", change -> changes.add(change.key().name())));
        for (int i = 0; i < 3; i++) {
            awaitTraffic();
            servers.migrate(SLOT);
        }
        awaitTraffic();
        stopTraffic();

        requireWholeLog(4);
        Event last = Event.to(SCOPE).tenant(TENANT).data("last").build();
        await().ignoreExceptions().until(() -> {
            get(nodes.getFirst().channel().broadcast(last));
            return nodes.getLast().data().contains("last");
        });
        await().ignoreExceptions().until(() -> {
            get(store.put(new Store.Key(TENANT, "kind", "name"), Text.utf8("x"), Store.ANY, Duration.ZERO));
            return changes.contains("name");
        });
    }

    @Test
    void killed_primary_loses_no_acknowledged_event() throws Exception {
        awaitTraffic();
        RedisServer killed = servers.killPrimary(SLOT);
        killed.start();
        servers.awaitReady();
        awaitTraffic();
        stopTraffic();

        requireWholeLog(2);
    }

    @Test
    void node_starts_during_a_fail_over() {
        servers.primaryOf(SlotHash.getSlot(Tenant.SYSTEM.name())).stop();

        RecordingNode node = new RecordingNode(
                Brokers.open(servers.address(), BrokerOptions.of("late").startTimeout(Patience.LIMIT)));
        nodes.add(node);

        assertThat(node.broker().health().connected()).isTrue();
    }

    private void requireWholeLog(int epochs) {
        List<Live> log = log(nodes.getFirst());
        List<String> ids = log.stream().map(live -> live.event().data()).toList();
        assertThat(ids).doesNotHaveDuplicates();
        Set<String> lost = new HashSet<>(acknowledged);
        lost.removeAll(new HashSet<>(ids));
        assertThat(lost).as("acknowledged events that the log lost").isEmpty();
        assertThat(log.stream().map(live -> live.at().epoch()).distinct()).hasSize(epochs);
        for (RecordingNode node : nodes) {
            assertThat(node.health()).anyMatch(HealthEvent.PossibleLoss.class::isInstance);
        }
    }

    private static List<Live> log(RecordingNode node) {
        List<Live> events = new ArrayList<>();
        Position after = Position.NONE;
        while (true) {
            Page page = get(node.broker().log().read(TENANT, List.of(SCOPE), after, 1_000));
            events.addAll(page.events());
            if (!page.more()) {
                return events;
            }
            after = page.last();
        }
    }
}
