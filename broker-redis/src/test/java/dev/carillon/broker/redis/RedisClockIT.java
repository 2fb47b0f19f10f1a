package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Text;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Page;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.Store;
import dev.carillon.process.FakeClock;
import dev.carillon.process.RedisServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The server's clock jumps by an hour, forward and back, while nodes use it; their own clocks do not. */
@Tag("full")
@Tag("redis")
@Tag("cc")
class RedisClockIT {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Tenant TENANT = new Tenant("acme");
    private static final Scope SCOPE = Scope.topic("a");
    private static final Store.Key KEY = new Store.Key(TENANT, "kind", "name");

    private final FakeClock clock = new FakeClock();
    private final RedisServer server = new RedisServer(RedisServer.Program.REDIS, clock, "--appendfsync", "everysec");
    private final List<RecordingNode> nodes = new ArrayList<>();

    @AfterEach
    void stop() {
        nodes.forEach(RecordingNode::close);
        server.close();
        clock.close();
    }

    private RecordingNode node(String id) {
        RecordingNode node = new RecordingNode(Brokers.open(server.address(), PatientOptions.of(id)));
        nodes.add(node);
        return node;
    }

    /** Makes the clock differ from the real one; returns when the server uses it. */
    private void jump(Duration difference) {
        clock.set(difference);
        try (RedisSettings settings = new RedisSettings(server.address())) {
            await().until(() ->
                    Math.abs(settings.time().toMillis() - System.currentTimeMillis() - difference.toMillis())
                            < HOUR.toMillis() / 2);
        }
    }

    private static Event event(String id) {
        return Event.to(SCOPE).tenant(TENANT).id(id).data(id).build();
    }

    private static Appended broadcast(RecordingNode node, String id) {
        return get(node.channel().broadcast(event(id)));
    }

    @Test
    void log_has_and_nodes_receive_every_acknowledged_event_once_and_in_order_over_jumps() throws InterruptedException {
        AcknowledgedTraffic traffic = new AcknowledgedTraffic(server.address(), 0);
        try {
            for (Duration difference : List.of(HOUR, Duration.ZERO, HOUR.negated(), Duration.ZERO)) {
                traffic.awaitMore();
                jump(difference);
            }
            traffic.awaitMore();
            traffic.stop();

            traffic.requireWholeLog(1);
            for (RecordingNode node : traffic.nodes()) {
                await().until(() -> node.data().containsAll(traffic.acknowledged()));
                assertThat(node.events())
                        .extracting(live -> live.at().sequence())
                        .isSorted()
                        .doesNotHaveDuplicates();
                assertThat(node.events())
                        .extracting(live -> live.at().atMillis())
                        .isSorted();
                assertThat(node.broker().health().connected()).isTrue();
            }
        } finally {
            traffic.close();
        }
    }

    @Test
    void reader_is_told_that_events_are_beyond_the_retention_by_the_servers_clock() {
        RecordingNode node = node("n");
        Position first = broadcast(node, "1").at();
        broadcast(node, "2");

        jump(HOUR.multipliedBy(2));
        Page forward = get(node.broker().log().read(TENANT, List.of(SCOPE), first, 10));
        assertThat(forward.incomplete()).isTrue();
        assertThat(forward.events()).isEmpty();
        Position third = broadcast(node, "3").at();

        jump(Duration.ZERO);
        Position fourth = broadcast(node, "4").at();
        assertThat(List.of(first, third, fourth)).isSorted();
        Page back = get(node.broker().log().read(TENANT, List.of(SCOPE), third, 10));
        assertThat(back.incomplete()).isFalse();
        assertThat(back.events()).extracting(live -> live.event().data()).containsExactly("4");
    }

    @Test
    void repeated_broadcast_is_recognised_after_a_jump_back_and_for_ten_minutes_of_the_servers_clock() {
        RecordingNode node = node("n");
        Appended first = broadcast(node, "id");

        jump(HOUR.negated());
        assertThat(broadcast(node, "id").duplicate()).isTrue();
        jump(Duration.ZERO);
        assertThat(broadcast(node, "id").at()).isEqualTo(first.at());

        jump(HOUR);
        assertThat(broadcast(node, "id").at()).isGreaterThan(first.at());
    }

    @Test
    void stored_values_expire_by_the_servers_clock_and_revisions_still_increase() {
        Store store = node("n").broker().store();
        long first = get(store.put(KEY, Text.utf8("1"), Store.ABSENT, HOUR)).orElseThrow();

        jump(HOUR.multipliedBy(2));
        await().until(() -> get(store.get(KEY)).isEmpty());
        long second = get(store.put(KEY, Text.utf8("2"), Store.ABSENT, HOUR)).orElseThrow();
        assertThat(second).isGreaterThan(first);

        jump(HOUR.negated());
        assertThat(get(store.get(KEY)).orElseThrow().revision()).isEqualTo(second);
        long third = get(store.put(KEY, Text.utf8("3"), second, HOUR)).orElseThrow();
        assertThat(third).isGreaterThan(second);
        assertThat(get(store.put(KEY, Text.utf8("4"), second, HOUR))).isEmpty();
    }

    @Test
    void restart_with_a_clock_of_before_begins_a_later_epoch() {
        RecordingNode node = node("n");
        jump(HOUR);
        Position before = broadcast(node, "1").at();

        clock.set(HOUR.negated());
        server.stop();
        server.start();
        await().ignoreExceptions().untilAsserted(() -> {
            Position after = broadcast(node, "2").at();
            assertThat(after.epoch()).isGreaterThan(before.epoch());
            assertThat(after.sequence()).isGreaterThan(before.sequence());
        });
        assertThat(get(node.broker().log().read(TENANT, List.of(SCOPE), Position.NONE, 10))
                        .events())
                .extracting(live -> live.event().data())
                .containsExactly("1", "2");
    }
}
