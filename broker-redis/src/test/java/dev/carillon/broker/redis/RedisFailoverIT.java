package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.CarillonException;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.Live;
import dev.carillon.broker.Page;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.RedisOptions;
import dev.carillon.process.RedisServer;
import dev.carillon.process.SentinelServers;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Fail-overs under traffic, with broadcasts that wait for the only replica: no acknowledged event is lost, and none is in the log twice. */
@Tag("full")
@Tag("redis")
class RedisFailoverIT {
    private static final Tenant TENANT = new Tenant("acme");
    private static final Scope SCOPE = Scope.topic("a");
    private static final int KILLS = 3;
    private static final int BROADCASTERS = 4;
    private static final int BETWEEN_FAULTS = 300;
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final SentinelServers servers = new SentinelServers(1);
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

    /** Each event is repeated with its id until it is acknowledged. */
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
    void killed_primaries_lose_no_acknowledged_event() throws Exception {
        for (int i = 0; i < KILLS; i++) {
            awaitTraffic();
            RedisServer killed = servers.killPrimary();
            killed.start();
            servers.awaitReady();
        }
        awaitTraffic();
        stopTraffic();

        requireWholeLog(KILLS);
    }

    @Test
    void primary_that_is_cut_off_but_accepts_writes_acknowledges_none_that_is_lost() throws Exception {
        awaitTraffic();
        RedisServer former = servers.cutPrimary();
        for (RecordingNode node : nodes) {
            await().until(() -> node.health().stream()
                    .anyMatch(event -> event instanceof HealthEvent.Unavailable(String reason)
                            && reason.contains("name another primary")));
        }
        servers.heal(former);
        awaitTraffic();
        stopTraffic();

        requireWholeLog(1);
    }

    private void requireWholeLog(int failOvers) {
        List<Live> log = log(nodes.getFirst());
        List<String> ids = log.stream().map(live -> live.event().data()).toList();
        assertThat(ids).doesNotHaveDuplicates();
        assertThat(acknowledged).doesNotHaveDuplicates();
        Set<String> lost = new HashSet<>(acknowledged);
        lost.removeAll(new HashSet<>(ids));
        assertThat(lost).as("acknowledged events that the log lost").isEmpty();
        assertThat(log.stream().map(live -> live.at().epoch()).distinct()).hasSize(failOvers + 1);
        for (RecordingNode node : nodes) {
            assertThat(node.health().stream().filter(HealthEvent.PossibleLoss.class::isInstance))
                    .hasSizeGreaterThanOrEqualTo(failOvers);
            requireOnceInEachEpoch(node);
        }
    }

    /** An event that was delivered, not acknowledged, and lost with its primary is repeated in the next epoch. */
    private static void requireOnceInEachEpoch(RecordingNode node) {
        Map<String, Set<Long>> epochs = new HashMap<>();
        for (Live live : node.events()) {
            assertThat(epochs.computeIfAbsent(live.event().data(), id -> new HashSet<>())
                            .add(live.at().epoch()))
                    .as(live.event().data())
                    .isTrue();
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
