package dev.carillon.presence;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.Text;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Interest;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.Store;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Presence on three nodes, whatever the broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class PresenceContract {
    private static final JsonMapper JSON = new JsonMapper();
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final Duration POLL = Duration.ofMillis(1);

    private static final long TICK = Duration.ofSeconds(2).toNanos();
    private static final Scope ROOM = Scope.topic("room");

    /** The clock of all nodes. None is ever late on it, whatever else the machine does. */
    private final AtomicLong now = new AtomicLong();

    private final List<PresentNode> nodes = new ArrayList<>();
    private RecordingNode hearing;
    private Tenant tenant;

    /** The address of the broker, started before. */
    protected abstract String broker();

    @BeforeEach
    void start() {
        int number = NUMBERS.incrementAndGet();
        tenant = new Tenant("p" + number);
        for (int i = 0; i < 3; i++) {
            nodes.add(new PresentNode(broker(), "p" + number + "-" + i, now::get));
        }
        hearing = new RecordingNode(Brokers.open(broker(), PatientOptions.of("hearing-p" + number)));
        get(hearing.channel().join(List.of(Interest.all(tenant), Interest.all(Tenant.WEBHOOKS))));
    }

    @AfterEach
    void stop() {
        nodes.forEach(PresentNode::close);
        nodes.clear();
        hearing.close();
    }

    @Test
    void a_user_with_tabs_on_all_nodes_joins_once_and_leaves_once() {
        List<PresentNode.Tab> tabs = IntStream.range(0, 9)
                .mapToObj(i -> nodes.get(i % 3).open(tenant, "ann", ROOM))
                .toList();
        soon(() -> users().equals(List.of("ann")) && changes().size() == 2);
        ticks(5);
        tabs.subList(0, 8).forEach(PresentNode.Tab::close);
        ticks(10);
        assertThat(told()).containsExactly("join ann");

        tabs.getLast().close();

        soon(() -> changes().size() == 4);
        ticks(5);
        assertThat(told()).containsExactly("join ann", "leave ann");
        assertThat(changes()).containsExactly("occupied", "joined ann", "left ann", "vacated");
        assertThat(users()).isEmpty();
    }

    @Test
    void many_users_join_and_leave_once_each_with_their_data() {
        List<PresentNode.Tab> tabs = IntStream.range(0, 300)
                .mapToObj(i -> nodes.get(i % 3).open(tenant, "user" + i / 2, ROOM))
                .toList();
        soon(() -> users().size() == 150 && told().size() == 150);
        assertThat(nodes.get(1).list(tenant, ROOM).users().getFirst().data()).isEqualTo("{\"name\":\"user0\"}");
        tabs.forEach(PresentNode.Tab::close);

        soon(() -> changes().size() == 302);
        ticks(3);

        assertThat(told()).hasSize(300).doesNotHaveDuplicates();
        assertThat(changes())
                .hasSize(302)
                .doesNotHaveDuplicates()
                .startsWith("occupied")
                .endsWith("vacated");
        assertThat(told()).containsSubsequence("join user7", "leave user7");
    }

    @Test
    void a_short_disconnect_is_no_leave() {
        PresentNode.Tab first = nodes.get(0).open(tenant, "ann", ROOM);
        soon(() -> told().size() == 1);
        first.close();
        ticks(3);
        PresentNode.Tab second = nodes.get(1).open(tenant, "ann", ROOM);
        ticks(10);
        second.in(Scope.topic("other"));
        ticks(3);
        second.in(ROOM, Scope.topic("other"));
        ticks(10);

        assertThat(told()).containsExactly("join ann", "join ann");
        assertThat(changes()).containsExactly("occupied", "joined ann", "occupied", "joined ann");
        assertThat(users()).containsExactly("ann");
    }

    @Test
    void users_of_a_crashed_node_leave_once_unless_they_are_on_another() {
        IntStream.range(0, 40).forEach(i -> nodes.get(0).open(tenant, "gone" + i, ROOM));
        PresentNode.Tab _ = nodes.get(0).open(tenant, "ann", ROOM);
        PresentNode.Tab _ = nodes.get(1).open(tenant, "ann", ROOM);
        soon(() -> told().size() == 41 && users().size() == 41);

        nodes.getFirst().crash();
        ticks(3);
        // Back in time, on another node.
        PresentNode.Tab _ = nodes.get(2).open(tenant, "gone0", ROOM);

        soon(() -> told().size() == 41 + 39);
        ticks(10);
        assertThat(told()).hasSize(41 + 39).doesNotHaveDuplicates().doesNotContain("leave ann", "leave gone0");
        assertThat(changes()).hasSize(1 + 41 + 39).doesNotHaveDuplicates();
        assertThat(nodes.get(1).users(tenant, ROOM)).containsExactly("ann", "gone0");
    }

    @Test
    void users_of_a_stopped_node_have_the_grace_period_too() {
        PresentNode.Tab _ = nodes.get(0).open(tenant, "ann", ROOM);
        PresentNode.Tab _ = nodes.get(0).open(tenant, "bob", ROOM);
        soon(() -> told().size() == 2);

        nodes.getFirst().leave();
        ticks(3);
        PresentNode.Tab _ = nodes.get(1).open(tenant, "bob", ROOM);

        soon(() -> told().size() == 3);
        ticks(10);
        assertThat(told()).hasSize(3).endsWith("leave ann");
        assertThat(nodes.get(1).users(tenant, ROOM)).containsExactly("bob");
    }

    @Test
    void a_cluster_that_stopped_as_a_whole_finishes_after_its_restart() {
        PresentNode.Tab _ = nodes.get(0).open(tenant, "ann", ROOM);
        PresentNode.Tab _ = nodes.get(1).open(tenant, "bob", ROOM);
        soon(() -> told().size() == 2);
        nodes.forEach(PresentNode::crash);

        PresentNode again = new PresentNode(broker(), nodes.getFirst().id(), now::get);
        nodes.add(again);
        PresentNode.Tab _ = again.open(tenant, "bob", ROOM);

        soon(() -> told().size() == 3);
        ticks(10);
        assertThat(told()).hasSize(3).endsWith("leave ann");
        assertThat(changes()).hasSize(4).doesNotContain("vacated");
        assertThat(again.users(tenant, ROOM)).containsExactly("bob");
    }

    @Test
    void a_node_that_was_only_paused_has_its_users_join_again() {
        PresentNode.Tab paused = nodes.get(0).open(tenant, "paused", ROOM);
        PresentNode.Tab _ = nodes.get(1).open(tenant, "other", ROOM);
        soon(() -> told().size() == 2);
        nodes.getFirst().pause();
        soon(() -> told().contains("leave paused"));
        ticks(3);

        nodes.getFirst().resume();

        // At the latest by the next full sweep.
        soon(() -> told().size() == 4);
        ticks(5);
        assertThat(told()).hasSize(4).containsSubsequence("join paused", "leave paused", "join paused");
        assertThat(nodes.get(2).users(tenant, ROOM)).containsExactly("other", "paused");
        paused.close();
        soon(() -> told().size() == 5);
        assertThat(told()).endsWith("leave paused");
    }

    @Test
    void announcements_that_a_node_had_begun_are_finished_once() {
        PresentNode.Tab _ = nodes.get(1).open(tenant, "ann", ROOM);
        soon(() -> told().size() == 1);
        Store store = nodes.get(1).store();
        String kind = kindOfUsers(store);
        String dead = ",\"announcing\":{\"node\":\"dead\",\"generation\":1}}";
        put(store, kind, "joining", "{\"life\":\"a\",\"nodes\":[{\"node\":\"dead\",\"generation\":1}]" + dead);
        put(store, kind, "leaving", "{\"life\":\"b\",\"nodes\":[]" + dead);
        markScope(store);

        soon(() -> told().size() == 4);
        ticks(5);

        assertThat(told())
                .hasSize(4)
                .containsSubsequence("join joining", "leave joining")
                .contains("leave leaving");
        assertThat(nodes.get(1).users(tenant, ROOM)).containsExactly("ann");
    }

    @Test
    void a_store_that_lost_its_data_is_filled_again_without_an_announcement() {
        PresentNode.Tab ann = nodes.get(0).open(tenant, "ann", ROOM);
        PresentNode.Tab annToo = nodes.get(1).open(tenant, "ann", ROOM);
        PresentNode.Tab bob = nodes.get(2).open(tenant, "bob", ROOM);
        soon(() -> told().size() == 2 && users().size() == 2);
        ticks(3);

        lose(nodes.get(0).store());
        bob.close();
        ann.close();

        soon(() -> told().size() == 3);
        ticks(10);
        assertThat(told()).hasSize(3).endsWith("leave bob");
        assertThat(users()).containsExactly("ann");
        annToo.close();
        soon(() -> changes().size() == 6);
        assertThat(told()).hasSize(4).endsWith("leave ann");
        assertThat(changes()).hasSize(6).endsWith("left ann", "vacated");
    }

    @Test
    void scopes_without_presence_and_clients_without_a_user_are_not_recorded() {
        PresentNode.Tab _ = nodes.get(0).open(tenant, "ann", Scope.route("/r"), Scope.GLOBAL, Scope.user("ann"));
        PresentNode.Tab _ = nodes.get(0).open(tenant, "ann", Scope.topic("secret"));
        soon(() -> told().size() == 1);
        ticks(2);

        assertThat(changes()).containsExactly("occupied", "joined ann");
        assertThat(events(tenant).stream().map(event -> event.scopes() + " " + event.isPrivate()))
                .containsExactly(List.of(Scope.topic("secret")) + " true");
    }

    /** Lets time pass until it is so. */
    private void soon(Callable<Boolean> condition) {
        await().pollInSameThread().pollDelay(Duration.ZERO).pollInterval(POLL).until(() -> {
            tick();
            return condition.call();
        });
    }

    private void ticks(int count) {
        AtomicInteger ticks = new AtomicInteger();
        soon(() -> ticks.incrementAndGet() >= count);
    }

    /** Two seconds, and all that the nodes do then. */
    private void tick() {
        now.addAndGet(TICK);
        nodes.forEach(PresentNode::tick);
        await().pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(POLL)
                .until(() -> nodes.stream().allMatch(PresentNode::isSettled));
    }

    private List<String> users() {
        return nodes.get(1).users(tenant, ROOM);
    }

    /** The events of the scope: type and user. */
    private List<String> told() {
        return events(tenant).stream()
                .map(event -> String.valueOf(event.type()).substring(Event.RESERVED_TYPES.length()) + " "
                        + json(event.data()).path("user").asText())
                .toList();
    }

    /** The changes for webhooks. */
    private List<String> changes() {
        return events(Tenant.WEBHOOKS).stream()
                .map(event -> json(event.data()))
                .filter(json -> json.path("tenant").asText().equals(tenant.name()))
                .map(json ->
                        (json.path("type").asText() + " " + json.path("user").asText("")).strip())
                .toList();
    }

    /** Each once: positions of different logs cannot be compared. */
    private List<Event> events(Tenant of) {
        Map<Long, Event> events = new LinkedHashMap<>();
        hearing.delivered().stream()
                .filter(live -> live.event().tenant().equals(of))
                .forEach(live -> events.putIfAbsent(live.at().sequence(), live.event()));
        return List.copyOf(events.values());
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private String kindOfUsers(Store store) {
        return "in-"
                + get(store.list(tenant, "presence-scope")).getFirst().key().name();
    }

    private void put(Store store, String kind, String name, String json) {
        assertThat(get(store.put(new Store.Key(tenant, kind, name), Text.utf8(json), Store.ABSENT, Duration.ZERO)))
                .isPresent();
    }

    /** The dead node had entered the scope. */
    private void markScope(Store store) {
        Store.Entry scope = get(store.list(tenant, "presence-scope")).getFirst();
        String json = Text.printable(new String(scope.value(), java.nio.charset.StandardCharsets.UTF_8), 10_000)
                .replace("\"nodes\":[", "\"nodes\":[{\"node\":\"dead\",\"generation\":1},");
        assertThat(get(store.put(scope.key(), Text.utf8(json), scope.revision(), Duration.ZERO)))
                .isPresent();
    }

    /** As a server that restarts empty. */
    private void lose(Store store) {
        String users = kindOfUsers(store);
        for (Tenant each : List.of(tenant, Tenant.SYSTEM)) {
            for (String kind : List.of(users, "presence-scope", "presence-tenant", "presence-mark")) {
                get(store.list(each, kind)).forEach(entry -> get(store.remove(entry.key(), Store.ANY)));
            }
        }
    }
}
