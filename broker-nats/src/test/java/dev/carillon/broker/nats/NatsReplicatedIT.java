package dev.carillon.broker.nats;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Appended;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerContract;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.NatsOptions;
import dev.carillon.broker.Page;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.process.NatsCluster;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import io.nats.client.Connection;
import io.nats.client.Nats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract on three servers that store each event, and what the loss of some of them means for the log. */
@Tag("full")
@Tag("nats")
class NatsReplicatedIT extends BrokerContract {
    private static final int SERVERS = 3;
    private static NatsCluster cluster;

    @BeforeAll
    static void start() {
        cluster = new NatsCluster(SERVERS);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    /** A second server must not fail before the first one has all data again: an operator waits for that, too. */
    @AfterEach
    void awaitCurrent() {
        await().until(cluster::current);
    }

    @Override
    protected Broker open(BrokerOptions options) {
        return Brokers.open(cluster.address(), options.nats(NatsOptions.DEFAULT.replicas(SERVERS)));
    }

    @Override
    protected AutoCloseable stall() {
        cluster.pause();
        return cluster::resume;
    }

    /** A node whose requests fail soon, as those of a server do. */
    private RecordingNode quick(String id) {
        return node(BrokerOptions.of(id).timeout(Duration.ofSeconds(2)).startTimeout(Duration.ofMinutes(2)));
    }

    /** Also while the servers still elect leaders. */
    private void join(RecordingNode node) {
        await().ignoreExceptions().until(() -> {
            node.join(tenant, A);
            return true;
        });
    }

    private int leader() {
        await().until(() -> cluster.leader(Subjects.logStream(tenant)).isPresent());
        return cluster.leader(Subjects.logStream(tenant)).orElseThrow();
    }

    /** Repeated with its id until it is answered, as a broadcaster does. */
    private Appended untilBroadcast(RecordingNode from, String id) {
        Event event = Event.to(A).tenant(tenant).id(id).data(id).build();
        Appended[] answer = new Appended[1];
        await().ignoreExceptions().pollInterval(Duration.ofMillis(50)).until(() -> {
            answer[0] = get(from.channel().broadcast(event));
            return true;
        });
        return answer[0];
    }

    @Test
    void log_continues_in_its_epoch_after_each_leader_was_killed_and_has_every_acknowledged_event_once() {
        RecordingNode one = quick("one");
        RecordingNode two = quick("two");
        join(two);
        List<Position> acknowledged = new ArrayList<>();
        List<String> ids = new ArrayList<>();
        for (int kill = 0; kill < SERVERS; kill++) {
            for (int i = 0; i < 20; i++) {
                if (i == 10) {
                    int leader = leader();
                    cluster.kill(leader);
                    ids.add(kill + "-killed");
                    acknowledged.add(untilBroadcast(one, ids.getLast()).at());
                    cluster.start(leader);
                    await().until(cluster::current);
                }
                ids.add(kill + "-" + i);
                acknowledged.add(
                        untilBroadcast(i % 2 == 0 ? one : two, ids.getLast()).at());
            }
        }

        await().untilAsserted(() -> {
            Page page = get(one.broker().log().read(tenant, List.of(A), Position.NONE, 1_000));
            assertThat(page.events()).extracting(live -> live.event().id()).containsExactlyElementsOf(ids);
        });
        assertThat(acknowledged).isSorted().doesNotHaveDuplicates();
        assertThat(get(two.broker().log().epochs(tenant))).hasSize(1);
        assertThat(two.events()).extracting(live -> live.at()).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void without_a_majority_broadcasts_are_refused_and_afterwards_the_log_continues_in_its_epoch() {
        RecordingNode one = quick("one");
        join(one);
        Appended before = untilBroadcast(one, "before");

        cluster.kill(0);
        cluster.kill(1);
        try {
            await().until(() -> !one.broker().health().connected()
                    || one.broker().health().refusal().isPresent());
            assertThat(one.channel().broadcast(event("refused", A)).toCompletableFuture())
                    .failsWithin(Duration.ofMinutes(1));
        } finally {
            cluster.start(0);
            cluster.start(1);
        }

        Appended after = untilBroadcast(one, "after");
        await().until(() -> one.broker().health().connected()
                && one.broker().health().refusal().isEmpty());
        assertThat(after.at().epoch()).isEqualTo(before.at().epoch());
        assertThat(after.at()).isGreaterThan(before.at());
        assertThat(get(one.broker().log().epochs(tenant))).hasSize(1);
    }

    /** The leader answers the repetition as a duplicate, although it may never store the first one. */
    @Test
    void repeated_broadcast_is_not_acknowledged_while_the_first_one_waits_for_a_majority() {
        untilBroadcast(quick("first"), "before");
        int leader = leader();
        RecordingNode one = closing(new RecordingNode(Brokers.open(
                cluster.address(leader),
                BrokerOptions.of("one")
                        .timeout(Duration.ofMillis(500))
                        .startTimeout(Duration.ofMinutes(2))
                        .nats(NatsOptions.DEFAULT.replicas(SERVERS)))));
        untilBroadcast(one, "at the leader");
        List<Integer> others =
                IntStream.range(0, SERVERS).filter(i -> i != leader).boxed().toList();
        Event event = Event.to(A).tenant(tenant).id("waits").data("x").build();

        others.forEach(cluster::kill);
        try {
            for (int i = 0; i < 5; i++) {
                assertThat(one.channel().broadcast(event).toCompletableFuture())
                        .as("attempt " + i)
                        .failsWithin(Duration.ofMinutes(1));
            }
        } finally {
            others.forEach(cluster::start);
        }

        untilBroadcast(one, "after");
        assertThat(get(one.broker().log().read(tenant, List.of(A), Position.NONE, 100))
                        .events())
                .extracting(live -> live.event().id())
                .startsWith("before")
                .doesNotHaveDuplicates();
    }

    @Test
    void servers_are_restarted_one_after_another_without_a_new_epoch() {
        RecordingNode one = quick("one");
        untilBroadcast(one, "before");

        for (int server = 0; server < SERVERS; server++) {
            cluster.stop(server);
            untilBroadcast(one, "without " + server);
            cluster.start(server);
            untilBroadcast(one, "with " + server);
            await().until(cluster::current);
        }

        assertThat(get(one.broker().log().epochs(tenant))).hasSize(1);
        assertThat(get(one.broker().log().read(tenant, List.of(A), Position.NONE, 100))
                        .events())
                .hasSize(1 + 2 * SERVERS);
    }

    @Test
    void all_servers_restarted_with_their_data_continue_the_epoch() {
        RecordingNode one = quick("one");
        Appended before = untilBroadcast(one, "before");

        cluster.restart(TestServer.Data.KEPT);

        Appended after = untilBroadcast(one, "after");
        assertThat(after.at().epoch()).isEqualTo(before.at().epoch());
        Appended again = untilBroadcast(one, "before");
        assertThat(again.duplicate()).isTrue();
        assertThat(again.at().sequence()).isEqualTo(before.at().sequence());
    }

    @Test
    void majority_that_returns_without_its_data_begins_a_new_epoch() {
        RecordingNode one = quick("one");
        join(one);
        Position last = Position.NONE;
        for (int i = 0; i < 30; i++) {
            last = untilBroadcast(one, "lost " + i).at();
        }

        cluster.restart(TestServer.Data.LOST);

        Appended after = untilBroadcast(one, "after");
        assertThat(after.at().epoch()).isGreaterThan(last.epoch());
        assertThat(get(one.broker().log().read(tenant, List.of(A), last, 100)).incomplete())
                .isTrue();
    }

    @Test
    void older_copies_of_all_servers_begin_a_new_epoch_and_no_position_is_used_twice() {
        RecordingNode one = quick("one");
        join(one);
        Appended copied = untilBroadcast(one, "copied");
        cluster.saveCopy();
        List<Position> positions = new ArrayList<>(List.of(copied.at()));
        for (int i = 0; i < 30; i++) {
            positions.add(untilBroadcast(one, "lost " + i).at());
        }
        Position lost = positions.getLast();

        cluster.restart(TestServer.Data.OLDER);

        for (int i = 0; i < 60; i++) {
            positions.add(untilBroadcast(one, "after " + i).at());
        }
        assertThat(positions.stream().map(at -> at.epoch() + ":" + at.sequence()))
                .doesNotHaveDuplicates();
        assertThat(positions.getLast().epoch()).isGreaterThan(lost.epoch());
        assertThat(get(one.broker().log().read(tenant, List.of(A), lost, 100)).incomplete())
                .isTrue();
    }

    /** Sent again, it could follow later events of its caller that the next leader has stored. */
    @Test
    void event_that_no_leader_takes_is_refused_and_not_sent_again() throws Exception {
        RecordingNode one = quick("one");
        Appended before = untilBroadcast(one, "before");
        Connection operator = Nats.connect(cluster.address(0));
        try {
            assertThat(operator.jetStreamManagement().deleteStream(Subjects.logStream(tenant)))
                    .isTrue();
        } finally {
            operator.close();
        }

        assertThat(one.channel().broadcast(event("refused", A)).toCompletableFuture())
                .failsWithin(Duration.ofMinutes(1));

        Appended after = untilBroadcast(one, "after");
        assertThat(after.at().epoch()).isGreaterThan(before.at().epoch());
        assertThat(get(one.broker().log().read(tenant, List.of(A), Position.NONE, 10))
                        .events())
                .extracting(live -> live.event().id())
                .containsExactly("after");
    }

    @Test
    void node_started_while_one_server_is_down_works_and_can_use_an_existing_log() {
        Tenant known = tenant;
        untilBroadcast(quick("one"), "before");
        cluster.kill(0);
        try {
            RecordingNode late = quick("late");
            Appended answer = untilBroadcast(late, "late");
            assertThat(get(late.broker().log().read(known, List.of(A), Position.NONE, 10))
                            .events())
                    .hasSize(2);
            assertThat(answer.duplicate()).isFalse();
        } finally {
            cluster.start(0);
        }
    }
}
