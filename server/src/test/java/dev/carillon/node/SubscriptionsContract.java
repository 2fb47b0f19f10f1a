package dev.carillon.node;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.Platform;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Interest;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.RecordingNode;
import dev.carillon.scope.Tenant;
import dev.carillon.subscriptions.Subscriber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What three nodes know and tell of the active subscriptions of all of them, whatever the broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class SubscriptionsContract {
    private static final JsonMapper JSON = new JsonMapper();
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    /** Between two ticks, which stand for two seconds: time to finish what the first began. */
    private static final Duration PAUSE = Duration.ofMillis(50);

    private static final long TICK = Duration.ofSeconds(2).toNanos();

    /** The clock of all nodes. None is ever late on it, whatever else the machine does. */
    private final AtomicLong now = new AtomicLong();

    private final List<SubscribingNode> nodes = new ArrayList<>();
    private RecordingNode hearing;
    private Tenant tenant;

    /** The address of the broker, started before. */
    protected abstract String broker();

    @BeforeEach
    void start() {
        int number = NUMBERS.incrementAndGet();
        tenant = new Tenant("t" + number);
        for (int i = 0; i < 3; i++) {
            nodes.add(new SubscribingNode(broker(), "s" + number + "-" + i, now::get));
        }
        hearing = new RecordingNode(Brokers.open(broker(), PatientOptions.of("hearing" + number)));
        get(hearing.channel().join(List.of(Interest.all(tenant.announcements()))));
    }

    @AfterEach
    void stop() {
        nodes.forEach(SubscribingNode::close);
        nodes.clear();
        hearing.close();
    }

    @Test
    void subscribers_of_all_nodes_are_listed_by_each() {
        List<Subscriber> all = List.of(subscribe(0, "a"), subscribe(1, "a", "b"), subscribe(2, "https://{x}/ü"));

        for (SubscribingNode node : nodes) {
            assertThat(node.list(tenant)).containsExactlyInAnyOrderElementsOf(all);
        }
    }

    @Test
    void each_start_and_each_end_is_announced_once() {
        List<Subscriber> some = IntStream.range(0, 30)
                .mapToObj(i -> subscribe(i % 3, "a" + i, "b" + i))
                .toList();
        for (int i = 0; i < 30; i++) {
            nodes.get(i % 3).subscriptions().ended(some.get(i));
        }

        soon(() -> told().size() >= 120 && nodes.getFirst().list(tenant).isEmpty());

        assertThat(told()).hasSize(120).doesNotHaveDuplicates();
        for (int i = 0; i < 30; i++) {
            assertThat(told()).containsSubsequence("a" + i + " true", "a" + i + " false");
            assertThat(told()).containsSubsequence("b" + i + " true", "b" + i + " false");
        }
    }

    @Test
    void subscriptions_of_a_crashed_node_are_ended_once_by_the_others() {
        Subscriber stays = subscribe(1, "stays");
        IntStream.range(0, 50).forEach(i -> subscribe(0, "left" + i));

        nodes.getFirst().crash();

        soon(() -> told().size() >= 101);
        ticks(10);
        assertThat(told()).hasSize(101).doesNotHaveDuplicates().contains("left0 false", "left49 false");
        assertThat(nodes.get(2).list(tenant)).containsExactly(stays);
    }

    @Test
    void subscriptions_of_a_crashed_single_node_are_ended_when_it_restarts() {
        subscribe(0, "a");
        nodes.forEach(SubscribingNode::crash);

        SubscribingNode again = new SubscribingNode(broker(), nodes.getFirst().id(), now::get);
        nodes.add(again);

        soon(() -> again.list(tenant).isEmpty() && told().size() >= 2);
        assertThat(told()).containsExactly("a true", "a false");
    }

    @Test
    void a_node_that_was_only_paused_lists_and_announces_its_own_anew() {
        Subscriber paused = subscribe(0, "paused");
        Subscriber other = subscribe(1, "other");
        // Until no node sweeps because it has just started.
        ticks(8);
        nodes.getFirst().pause();
        soon(() -> told().contains("paused false"));
        soon(() -> nodes.get(1).list(tenant).equals(List.of(other)));

        nodes.getFirst().resume();

        soon(() -> told().size() == 4);
        assertThat(told()).containsSubsequence("paused true", "paused false", "paused true");
        ticks(10);
        assertThat(told()).hasSize(4);
        assertThat(nodes.get(2).list(tenant)).containsExactlyInAnyOrder(paused, other);
        nodes.getFirst().subscriptions().ended(paused);
        soon(() -> told().size() == 5);
        assertThat(told().getLast()).isEqualTo("paused false");
    }

    @Test
    void nothing_is_ended_because_a_record_of_the_registry_was_lost_for_a_moment() {
        Subscriber subscriber = subscribe(0, "a");
        ticks(5);

        // The others see it missing before it is written again.
        nodes.getFirst().pause();
        nodes.getFirst().loseRecord();
        ticks(1);
        nodes.getFirst().resume();
        ticks(10);
        soon(() -> !told().isEmpty());

        assertThat(nodes.get(1).list(tenant)).containsExactly(subscriber);
        assertThat(told()).containsExactly("a true");
    }

    /** Lets time pass until it is so. */
    private void soon(Callable<Boolean> condition) {
        await().pollInSameThread().pollDelay(Duration.ZERO).pollInterval(PAUSE).until(() -> {
            tick();
            return condition.call();
        });
    }

    private void ticks(int count) {
        AtomicInteger ticks = new AtomicInteger();
        soon(() -> ticks.incrementAndGet() >= count);
    }

    private void tick() {
        now.addAndGet(TICK);
        nodes.forEach(SubscribingNode::tick);
    }

    private Subscriber subscribe(int node, String... topics) {
        Subscriber subscriber = Subscriber.of(Platform.system().secureRandom(), tenant, List.of(topics), null);
        get(nodes.get(node).subscriptions().started(subscriber, 1));
        return subscriber;
    }

    /** Topic and whether it is active, of each update. */
    private List<String> told() {
        return hearing.data().stream().map(SubscriptionsContract::told).toList();
    }

    private static String told(String data) {
        try {
            JsonNode json = JSON.readTree(data);
            return json.get("topic").textValue() + " " + json.get("active").booleanValue();
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }
}
