package dev.carillon.broker.nats;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.CarillonException;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Live;
import dev.carillon.broker.NatsOptions;
import dev.carillon.broker.Page;
import dev.carillon.broker.RecordingNode;
import dev.carillon.process.NatsCluster;
import dev.carillon.process.NatsServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Three servers that are upgraded one after another under traffic, from the installed release to the current one, and back. */
@Tag("full")
@Tag("nats")
@Tag("nats-current")
class NatsUpgradeIT {
    private static final int SERVERS = 3;
    private static final int BETWEEN = 100;
    private static final Tenant TENANT = new Tenant("acme");
    private static final Scope SCOPE = Scope.topic("a");
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final List<String> acknowledged = new CopyOnWriteArrayList<>();
    private volatile boolean stopped;

    @Test
    void log_continues_in_its_epoch_and_has_every_acknowledged_event_once_while_servers_are_upgraded_one_by_one()
            throws InterruptedException {
        try (NatsCluster cluster = new NatsCluster(SERVERS);
                RecordingNode one = node(cluster, "one");
                RecordingNode two = node(cluster, "two")) {
            await().ignoreExceptions().until(() -> {
                two.join(TENANT, SCOPE);
                return true;
            });
            Thread broadcaster = Thread.ofVirtual().start(() -> broadcast(one));
            try {
                awaitMore();
                for (int server = 0; server < SERVERS; server++) {
                    cluster.upgrade(server, NatsServer.Release.CURRENT);
                    awaitMore();
                    await().until(cluster::current);
                }
                // A first upgraded server that disappoints is taken back.
                cluster.upgrade(0, NatsServer.Release.INSTALLED);
                awaitMore();
                await().until(cluster::current);
            } finally {
                stopped = true;
                broadcaster.join();
            }

            assertThat(acknowledged).doesNotHaveDuplicates();
            await().untilAsserted(() -> assertThat(log(one))
                    .extracting(live -> live.event().data())
                    .containsAll(acknowledged)
                    .doesNotHaveDuplicates());
            assertThat(get(one.broker().log().epochs(TENANT))).hasSize(1);
            // A leader that ends may not have sent its last events: nodes read them from the log.
            assertThat(two.events()).extracting(live -> live.at()).isSorted().doesNotHaveDuplicates();
        }
    }

    private static RecordingNode node(NatsCluster cluster, String id) {
        return new RecordingNode(Brokers.open(
                cluster.address(),
                BrokerOptions.of(id)
                        .timeout(Duration.ofSeconds(2))
                        .startTimeout(Duration.ofMinutes(2))
                        .policies(ScopePolicies.parse(List.of("topic:a=1000000/1h")))
                        .nats(NatsOptions.DEFAULT.replicas(SERVERS))));
    }

    /** Repeats each event with its id until it is acknowledged. */
    private void broadcast(RecordingNode from) {
        for (int number = 0; !stopped; number++) {
            String id = "e" + number;
            Event event = Event.to(SCOPE).tenant(TENANT).id(id).data(id).build();
            await().forever()
                    .pollDelay(Duration.ZERO)
                    .pollInterval(PAUSE)
                    .until(() -> isAcknowledged(from, event) || stopped);
        }
    }

    private boolean isAcknowledged(RecordingNode from, Event event) {
        try {
            get(from.channel().broadcast(event));
        } catch (CarillonException e) {
            return false;
        }
        return acknowledged.add(event.data());
    }

    private void awaitMore() {
        int before = acknowledged.size();
        await().until(() -> acknowledged.size() >= before + BETWEEN);
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
