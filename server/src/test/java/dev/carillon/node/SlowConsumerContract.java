package dev.carillon.node;

import static dev.carillon.node.TestCluster.broadcast;
import static dev.carillon.node.TestCluster.metric;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.StallingClient.Came;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What clients that stop reading cost two nodes, and what they and all others have in the end, by each policy, whatever the broker. The
 * events are broadcast at a third node. The system takes up to about half a MiB for a client, and its outbox a quarter: all are more than that.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class SlowConsumerContract {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final int READING = FULL ? 1_200 : 200;
    private static final int STALLED = FULL ? 150 : 25;
    private static final int EVENTS = 100;
    private static final String FILLING = "x".repeat(24 * 1024);
    private static final int OUTBOX_BYTES = 256 * 1024;
    private static final int KEYS = 5;
    private static final int NODES_WITH_CLIENTS = 2;

    private final List<StallingClient> reading = new ArrayList<>();
    private final List<StallingClient> stalled = new ArrayList<>();
    private @Nullable TestCluster cluster;
    private double mostOutboxBytes;

    /** The address of the broker, started before. */
    protected abstract String broker();

    @BeforeEach
    void start() {
        cluster = new TestCluster(
                broker(),
                NODES_WITH_CLIENTS + 1,
                Map.of(
                        "scope-policies",
                        "topic:slow-oldest=10000/1h/drop-oldest,topic:slow-latest=0/latest",
                        "outbox-max-bytes",
                        "" + OUTBOX_BYTES));
    }

    @AfterEach
    void stop() {
        Stream.concat(reading.stream(), stalled.stream()).forEach(StallingClient::close);
        cluster().close();
        reading.clear();
        stalled.clear();
        mostOutboxBytes = 0;
    }

    @Test
    void client_that_was_cut_off_resumes_and_has_every_event_once_in_order() {
        open("slow-cut");
        send("slow-cut", 0, EVENTS);
        awaitReaders(EVENTS);
        await().untilAsserted(() -> assertThat(sum("carillon_connections_closed_total{reason=\"slow\"}"))
                .isEqualTo(STALLED));

        stalled.forEach(StallingClient::readOn);
        await().until(() -> stalled.stream().allMatch(StallingClient::hasEnded));
        await().untilAsserted(() -> assertThat(sum("carillon_events_delivered_total"))
                .isEqualTo(READING * EVENTS + received(stalled) + dropped("closed")));
        assertThat(dropped("slow") + dropped("replaced")).isZero();
        assertMemory();

        List<StallingClient> again = new ArrayList<>();
        for (int i = 0; i < STALLED; i++) {
            // By the other node.
            int port = cluster().node((i + 1) % NODES_WITH_CLIENTS).port();
            again.add(StallingClient.reading(port, "slow-cut", stalled.get(i).lastId()));
        }
        send("slow-cut", EVENTS, EVENTS + 5);
        reading.addAll(again);
        awaitReaders(EVENTS + 5);
        for (int i = 0; i < STALLED; i++) {
            List<Came> both = new ArrayList<>(stalled.get(i).came());
            both.addAll(again.get(i).came());
            assertThat(both).isEqualTo(events(EVENTS + 5));
        }
        assertReaders(EVENTS + 5);
    }

    @Test
    void client_receives_the_number_of_dropped_events_at_their_position() {
        open("slow-oldest");
        send("slow-oldest", 0, EVENTS);
        awaitReaders(EVENTS);

        readOn();
        for (StallingClient client : stalled) {
            int next = 0;
            for (Came one : client.came()) {
                switch (one) {
                    case Came.Told(int dropped) -> next += dropped;
                    case Came.Event(int number) -> assertThat(number).isEqualTo(next++);
                }
            }
        }
        int told = stalled.stream().mapToInt(StallingClient::told).sum();
        assertThat(told).isPositive();
        await().untilAsserted(() -> assertThat(dropped("slow")).isEqualTo(told));
        assertThat(dropped("replaced") + dropped("closed")).isZero();
        assertMemory();
        assertHandedToAll();
        assertReaders(EVENTS);
    }

    @Test
    void a_client_that_is_owed_the_newest_of_each_key_has_it() {
        open("slow-latest");
        send("slow-latest", 0, EVENTS);
        awaitReaders(EVENTS);

        readOn();
        for (StallingClient client : stalled) {
            assertThat(client.numbers()).isSorted().doesNotHaveDuplicates();
            assertThat(client.came()).containsAll(events(EVENTS).subList(EVENTS - KEYS, EVENTS));
            assertThat(client.told()).isZero();
        }
        await().untilAsserted(() ->
                assertThat(received(stalled) + dropped("replaced")).isEqualTo(STALLED * EVENTS));
        assertThat(dropped("replaced")).isPositive();
        assertThat(dropped("slow") + dropped("closed")).isZero();
        assertMemory();
        assertHandedToAll();
        assertReaders(EVENTS);
    }

    private TestCluster cluster() {
        return Objects.requireNonNull(cluster);
    }

    private void open(String topic) {
        for (int i = 0; i < READING; i++) {
            reading.add(StallingClient.reading(
                    cluster().node(i % NODES_WITH_CLIENTS).port(), topic, null));
        }
        for (int i = 0; i < STALLED; i++) {
            stalled.add(StallingClient.stalling(
                    cluster().node(i % NODES_WITH_CLIENTS).port(), topic));
        }
        await().until(() -> Stream.concat(reading.stream(), stalled.stream()).allMatch(StallingClient::isOpen));
    }

    /** The numbers from one to before another, on the node that has no clients. */
    private void send(String topic, int from, int to) {
        for (int i = from; i < to; i++) {
            broadcast(
                    cluster().node(NODES_WITH_CLIENTS),
                    "{\"scope\":\"topic:" + topic + "\",\"key\":\"k" + i % KEYS + "\",\"data\":\"" + i + " " + FILLING
                            + "\"}");
            if (i % 10 == 9) {
                // Those that read must not be slow themselves, on whatever machine.
                awaitReaders(i + 1);
            }
        }
    }

    private void lookAtOutboxes() {
        mostOutboxBytes = Math.max(mostOutboxBytes, sum("carillon_outbox_bytes"));
    }

    private void awaitReaders(int events) {
        await().until(() -> reading.stream().allMatch(client -> client.lastNumber() == events - 1));
        lookAtOutboxes();
    }

    private void readOn() {
        stalled.forEach(StallingClient::readOn);
        await().until(() ->
                stalled.stream().allMatch(client -> client.lastNumber() == EVENTS - 1 || client.hasEnded()));
    }

    /** What waited was within the bound, and nothing does any more. */
    private void assertMemory() {
        assertThat(mostOutboxBytes).isPositive().isLessThanOrEqualTo((double) STALLED * OUTBOX_BYTES);
        await().untilAsserted(() -> assertThat(sum("carillon_outbox_bytes")).isZero());
    }

    private void assertHandedToAll() {
        await().untilAsserted(() ->
                assertThat(sum("carillon_events_delivered_total")).isEqualTo((READING + STALLED) * EVENTS));
    }

    private void assertReaders(int events) {
        assertThat(reading.subList(0, READING))
                .allSatisfy(client -> assertThat(client.came()).isEqualTo(events(events)));
    }

    private static List<Came> events(int to) {
        return IntStream.range(0, to).<Came>mapToObj(Came.Event::new).toList();
    }

    private static int received(List<StallingClient> clients) {
        return clients.stream().mapToInt(client -> client.numbers().size()).sum();
    }

    private double dropped(String reason) {
        return sum("carillon_events_dropped_total{reason=\"" + reason + "\"}");
    }

    /** A line of the metrics, of all nodes. */
    private double sum(String line) {
        return cluster().nodes().stream()
                .mapToDouble(node -> metric(node, line))
                .sum();
    }
}
