package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.CarillonException;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Live;
import dev.carillon.broker.Page;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.RedisOptions;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Two nodes, and broadcasters that repeat each event with its id until it is acknowledged. */
final class AcknowledgedTraffic {
    static final Tenant TENANT = new Tenant("acme");
    static final Scope SCOPE = Scope.topic("a");

    private static final int BROADCASTERS = 4;
    private static final int BETWEEN_FAULTS = 300;
    /** Leaves the processor to the servers. */
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final List<RecordingNode> nodes = new ArrayList<>();
    private final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
    private final List<Thread> broadcasters = new ArrayList<>();
    private volatile boolean stopped;

    /** Broadcasts wait for one replica. */
    AcknowledgedTraffic(String address) {
        this(address, 1);
    }

    AcknowledgedTraffic(String address, int replicas) {
        BrokerOptions options = BrokerOptions.of("n")
                .startTimeout(Patience.LIMIT)
                .policies(ScopePolicies.parse(List.of("topic:a=1000000/24h")))
                .redis(new RedisOptions("carillon", replicas));
        for (int i = 0; i < 2; i++) {
            RecordingNode node = new RecordingNode(Brokers.open(address, options));
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

    List<RecordingNode> nodes() {
        return nodes;
    }

    private void broadcast(RecordingNode node, String name) {
        for (int n = 0; !stopped; n++) {
            Event event =
                    Event.to(SCOPE).tenant(TENANT).id(name + n).data(name + n).build();
            await().forever()
                    .pollDelay(Duration.ZERO)
                    .pollInterval(PAUSE)
                    .until(() -> isAcknowledged(node, event) || stopped);
        }
    }

    private boolean isAcknowledged(RecordingNode node, Event event) {
        try {
            get(node.channel().broadcast(event));
        } catch (CarillonException e) {
            return false;
        }
        return acknowledged.add(event.data());
    }

    /** Waits until some hundred more are acknowledged. */
    void awaitMore() {
        int before = acknowledged.size();
        await().until(() -> acknowledged.size() >= before + BETWEEN_FAULTS);
    }

    /** Data of the acknowledged events. */
    List<String> acknowledged() {
        return List.copyOf(acknowledged);
    }

    void stop() throws InterruptedException {
        stopped = true;
        for (Thread broadcaster : broadcasters) {
            broadcaster.join();
        }
    }

    /** The log has each acknowledged event, none twice, and this number of epochs. */
    void requireWholeLog(int epochs) {
        List<Live> log = log(nodes.getFirst());
        List<String> ids = log.stream().map(live -> live.event().data()).toList();
        assertThat(ids).doesNotHaveDuplicates();
        assertThat(acknowledged).doesNotHaveDuplicates();
        Set<String> lost = new HashSet<>(acknowledged);
        lost.removeAll(new HashSet<>(ids));
        assertThat(lost).as("acknowledged events that the log lost").isEmpty();
        assertThat(log.stream().map(live -> live.at().epoch()).distinct()).hasSize(epochs);
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

    void close() throws InterruptedException {
        stop();
        nodes.forEach(RecordingNode::close);
    }
}
