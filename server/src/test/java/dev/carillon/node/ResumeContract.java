package dev.carillon.node;

import static dev.carillon.node.TestCluster.broadcast;
import static dev.carillon.node.TestCluster.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.SseClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Events of a client that resumes with the id of its last event, on any node, with any broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class ResumeContract {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final int EVENTS = FULL ? 100_000 : 800;
    /** More than are read for all scopes at once. */
    private static final int FAR = FULL ? 50_000 : 12_000;

    private static final int FAR_TOPICS = 10;

    private final List<SseClient> clients = new ArrayList<>();
    private @Nullable TestCluster cluster;

    /** The address of the broker, started before. */
    protected abstract String broker();

    /** The same, for nodes with other options. */
    protected String brokerOfOtherOptions() {
        return broker();
    }

    /** Whether the log outlives the nodes. */
    protected boolean outlivesNodes() {
        return true;
    }

    @BeforeAll
    void start() {
        cluster = new TestCluster(broker(), 3, Map.of());
    }

    @AfterAll
    void stop() {
        cluster().close();
    }

    @AfterEach
    void closeClients() {
        clients.forEach(SseClient::close);
        clients.clear();
    }

    @Test
    void client_that_reconnects_to_another_node_receives_missed_events_and_then_new_ones() {
        SseClient first = open(0, "/events?topic=back&route=/back", null);
        send(1, "topic:back", 0, 5);
        first.awaitData("4");
        String last = lastId(first);
        first.close();
        send(2, "route:/back", 5, 9);
        send(2, "topic:other", 0, 3);
        send(2, "topic:back", 9, 14);

        SseClient again = open(1, "/events?topic=back&route=/back", last);
        send(0, "topic:back", 14, 20);

        again.awaitData("19");
        assertThat(again.data()).containsExactlyElementsOf(numbers(5, 20));
        assertThat(gaps(again)).isEmpty();
    }

    @Test
    void client_that_received_no_event_resumes_from_the_opening_of_its_stream() {
        SseClient first = open(0, "/events?topic=silent", null);
        String start = String.valueOf(first.all().getFirst().id());
        assertThat(start).startsWith(Cursor.PREFIX);
        first.close();
        send(1, "topic:silent", 0, 3);
        send(2, "topic:other", 0, 3);

        SseClient again = open(1, "/events?topic=silent", start);
        send(2, "topic:silent", 3, 5);

        again.awaitData("4");
        assertThat(again.data()).containsExactlyElementsOf(numbers(0, 5));
        assertThat(gaps(again)).isEmpty();
        // A client that resumes has an id; another one would lead it past what it has not received yet.
        assertThat(again.all().getFirst().id()).isNull();
    }

    @Test
    void the_parameter_and_a_cursor_do_as_well() {
        SseClient first = open(0, "/events?topic=parameter", null);
        send(1, "topic:parameter", 0, 3);
        first.awaitData("2");

        String second = first.all().get(2).id();
        SseClient byParameter = open(2, "/events?topic=parameter&lastEventID=" + second, null);
        byParameter.awaitData("2");
        assertThat(byParameter.data()).containsExactly("2");
        SseClient byFirst =
                open(2, "/events?topic=parameter&lastEventID=&lastEventID=" + second + "&lastEventID=x", "");
        byFirst.awaitData("2");
        assertThat(byFirst.data()).containsExactly("2");
        // As event-source-polyfill adds it to the address of a page that opened from an older event.
        SseClient byAdded = open(2, "/events?topic=parameter&lastEventID=unknown&lastEventId=" + second, null);
        byAdded.awaitData("2");
        assertThat(byAdded.data()).containsExactly("2");

        Position at = EventIds.position(String.valueOf(second)).orElseThrow();
        SseClient byCursor = open(2, "/events?topic=parameter", Cursor.of(at));
        byCursor.awaitData("2");
        assertThat(byCursor.data()).containsExactly("2");
    }

    @Test
    void a_broadcasters_own_id_is_a_place_as_well() {
        open(0, "/events?topic=own", null);
        broadcast(cluster().node(1), "{\"scope\":\"topic:own\",\"data\":\"0\",\"id\":\"order 7 \\u00fc\"}");
        send(1, "topic:own", 1, 4);

        SseClient again = open(2, "/events?topic=own", "order 7 \u00fc");

        again.awaitData("3");
        assertThat(again.data()).containsExactly("1", "2", "3");
    }

    @Test
    void a_broadcaster_of_one_topic_neither_blocks_nor_moves_the_ids_of_another() {
        String mallory = token(List.of("topic:mallory"), List.of(), b -> b);
        String taken = "{\"scope\":\"topic:mallory\",\"data\":\"x\",\"id\":\"shop 1\"}";
        assertThat(TestCluster.post(cluster().node(0), mallory, taken).statusCode())
                .isEqualTo(200);
        broadcast(cluster().node(1), "{\"scope\":\"topic:shop\",\"data\":\"0\",\"id\":\"shop 1\"}");
        send(1, "topic:shop", 1, 6);
        String moved = taken.replace("\"x\"", "\"y\"");
        assertThat(TestCluster.post(cluster().node(2), mallory, moved).statusCode())
                .as("her own id with another body")
                .isEqualTo(409);

        broadcast(cluster().node(1), "{\"scope\":\"topic:shop\",\"data\":\"6\",\"id\":\"shop 2\"}");
        send(1, "topic:shop", 7, 9);
        assertThat(TestCluster.post(cluster().node(2), mallory, taken.replace("shop 1", "shop 2"))
                        .statusCode())
                .isEqualTo(200);
        for (String id : List.of("shop 1", "shop 2")) {
            SseClient again = open(2, "/events?topic=shop", id);
            again.awaitData("8");
            assertThat(again.data()).isEqualTo(numbers(id.equals("shop 1") ? 1 : 7, 9));
            assertThat(gaps(again)).isEmpty();
            String history = TestCluster.get(
                            cluster().node(0).port(), "/history?scope=topic:shop&after=" + id.replace(" ", "%20"))
                    .body();
            assertThat(history)
                    .contains(id.equals("shop 1") ? "\"data\":\"1\"" : "\"data\":\"7\"")
                    .contains("\"gap\":false");
        }
    }

    @Test
    void unknown_id_is_reported_as_a_gap_and_the_client_starts_without_a_resume() {
        broadcast(cluster().node(0), "{\"scope\":\"topic:unknown\",\"data\":\"kept\",\"retain\":true}");
        for (String id : List.of("nobody gave this", "cursor:1:garbage", "cursor:9:1.2.3", "x".repeat(3_000))) {
            SseClient client = open(1, "/events?topic=unknown", id);
            client.awaitData("kept");
            assertThat(gaps(client)).containsExactly("{\"reason\":\"unknown\"}");
            assertThat(client.data()).containsExactly("kept");
        }
    }

    @Test
    void cursor_of_an_unknown_epoch_is_reported_as_a_gap() {
        send(1, "topic:epoch", 0, 2);
        SseClient client = open(1, "/events?topic=epoch", Cursor.of(new Position(12, 34, 56)));
        send(1, "topic:epoch", 2, 3);

        client.awaitData("2");
        assertThat(client.data()).as("what is left follows").containsExactly("0", "1", "2");
        assertThat(gaps(client)).hasSize(1);
        assertThat(gaps(client).getFirst()).startsWith("{\"reason\":\"history\",\"after\":\"cursor:");
    }

    @Test
    void replay_filters_private_events_as_live_delivery_does() {
        SseClient first = open(0, "/events?topic=vault", null);
        send(0, "topic:vault", 0, 1);
        first.awaitData("0");
        String last = lastId(first);
        broadcast(cluster().node(1), "{\"scope\":\"topic:vault\",\"data\":\"gold\",\"private\":true}");
        send(0, "topic:vault", 1, 2);

        SseClient anonymous = open(2, "/events?topic=vault", last);
        SseClient granted = SseClient.open(
                cluster().node(2).port(),
                "/events?topic=vault",
                Map.of(
                        "Last-Event-ID",
                        last,
                        "Authorization",
                        "Bearer " + token(List.of(), List.of("topic:vault"), b -> b)));
        clients.add(granted);

        anonymous.awaitData("1");
        granted.awaitData("1");
        assertThat(anonymous.data()).containsExactly("1");
        assertThat(granted.data()).containsExactly("gold", "1");
        assertThat(gaps(anonymous)).isEmpty();
    }

    @Test
    void event_retained_meanwhile_is_replayed_at_its_position_and_no_older_one() {
        broadcast(cluster().node(0), "{\"scope\":\"topic:show\",\"data\":\"old\",\"retain\":true}");
        SseClient first = open(0, "/events?topic=show", null);
        send(0, "topic:show", 0, 1);
        first.awaitData("0");
        String last = lastId(first);
        first.close();
        send(0, "topic:show", 1, 2);
        broadcast(cluster().node(0), "{\"scope\":\"topic:show\",\"data\":\"new\",\"retain\":true}");
        send(0, "topic:show", 2, 3);

        SseClient again = open(1, "/events?topic=show", last);

        again.awaitData("2");
        assertThat(again.data()).containsExactly("1", "new", "2");
    }

    @Test
    void clients_that_reconnect_repeatedly_under_traffic_have_every_event_once_in_order() throws Exception {
        int clients = 12;
        SseClient begin = open(0, "/events?topic=churn", null);
        send(0, "topic:churn", 0, 1);
        begin.awaitData("0");
        String from = lastId(begin);
        List<CompletableFuture<List<String>>> seen = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < clients; i++) {
                int number = i;
                seen.add(CompletableFuture.supplyAsync(() -> churn(number, from), threads));
            }
            send(0, "topic:churn", 1, EVENTS);
            for (CompletableFuture<List<String>> one : seen) {
                assertThat(one.get()).isEqualTo(numbers(1, EVENTS));
            }
        }
    }

    /** Takes some events at each node in turn. */
    private List<String> churn(int number, String from) {
        List<String> data = new ArrayList<>();
        String last = from;
        for (int round = number; data.size() < EVENTS - 1; round++) {
            int wanted = Math.min(50 + number, EVENTS - 1 - data.size());
            try (SseClient client = SseClient.open(
                    cluster().node(round % 3).port(), "/events?topic=churn", Map.of("Last-Event-ID", last))) {
                client.await(1 + wanted);
                for (SseClient.Received event : client.all()) {
                    if (event.type() != null) {
                        assertThat(event.type()).isEqualTo("carillon.open");
                    } else {
                        data.add(event.data());
                        last = String.valueOf(event.id());
                    }
                }
            }
        }
        return data;
    }

    @Test
    void an_id_that_is_many_thousands_of_events_old_is_found_and_all_since_comes_in_order() throws Exception {
        String target = "/events?"
                + IntStream.range(0, FAR_TOPICS).mapToObj(i -> "topic=far" + i).collect(Collectors.joining("&"));
        SseClient first = open(0, target, null);
        broadcast(cluster().node(0), "{\"scope\":\"topic:far0\",\"data\":\"begin\"}");
        broadcast(cluster().node(0), "{\"scope\":\"topic:far0\",\"data\":\"0\",\"id\":\"far\"}");
        first.awaitData("0");
        String generated = String.valueOf(first.all().get(1).id());
        first.close();
        appendFar();

        SseClient byOwn = open(1, target, "far");
        SseClient byGenerated = open(2, target, generated);
        broadcast(cluster().node(0), "{\"scope\":\"topic:far0\",\"data\":\"" + FAR + "\"}");

        await().until(() ->
                byOwn.data().contains("" + FAR) && byGenerated.data().contains("" + FAR));
        assertThat(byOwn.data()).isEqualTo(numbers(1, FAR + 1));
        assertThat(byGenerated.data()).isEqualTo(numbers(0, FAR + 1));
        assertThat(gaps(byOwn)).isEmpty();
        assertThat(gaps(byGenerated)).isEmpty();
    }

    /** The numbers from 1, past the nodes, which would take minutes: many are under way at once. */
    private void appendFar() throws Exception {
        try (Broker direct = Brokers.open(broker(), PatientOptions.of("resume-it"))) {
            for (int i = 1; i < FAR; i += 200) {
                CompletableFuture.allOf(IntStream.range(i, Math.min(i + 200, FAR))
                                .mapToObj(n -> Event.to(Scope.topic("far" + n % FAR_TOPICS))
                                        .data("" + n)
                                        .build())
                                .map(event -> direct.channel().broadcast(event).toCompletableFuture())
                                .toArray(CompletableFuture<?>[]::new))
                        .get();
            }
        }
    }

    @Test
    void nodes_that_start_anew_replay_what_was_before_them() {
        if (!outlivesNodes()) {
            // Told by its contract: nothing to be had.
            assertThat(broker()).startsWith("memory");
            return;
        }
        String last;
        try (TestCluster before = new TestCluster(broker(), 1, Map.of())) {
            SseClient first =
                    SseClient.open(before.node(0).port(), "/events?topic=anew").opened();
            broadcast(before.node(0), "{\"scope\":\"topic:anew\",\"data\":\"0\"}");
            first.awaitData("0");
            last = lastId(first);
            for (int i = 1; i < 20; i++) {
                broadcast(before.node(0), "{\"scope\":\"topic:anew\",\"data\":\"" + i + "\"}");
            }
            first.close();
        }
        try (TestCluster anew = new TestCluster(broker(), 1, Map.of())) {
            SseClient again = SseClient.open(anew.node(0).port(), "/events?topic=anew", Map.of("Last-Event-ID", last))
                    .opened();
            clients.add(again);
            broadcast(anew.node(0), "{\"scope\":\"topic:anew\",\"data\":\"20\"}");
            again.awaitData("20");
            assertThat(again.data()).isEqualTo(numbers(1, 21));
            assertThat(gaps(again)).isEmpty();
        }
    }

    @Test
    void short_history_is_reported_once_and_the_remaining_events_come_in_order() {
        try (TestCluster small = new TestCluster(brokerOfOtherOptions(), 1, Map.of("log-max-events", "100"))) {
            String tenant = "short-" + System.nanoTime();
            String token = token(
                    List.of("*"),
                    List.of("*"),
                    b -> b.claim(
                            "carillon", Map.of("broadcast", List.of("*"), "read", List.of("*"), "tenant", tenant)));
            Map<String, String> bearer = new HashMap<>(Map.of("Authorization", "Bearer " + token));
            Node node = small.node(0);
            SseClient first =
                    SseClient.open(node.port(), "/events?topic=short", bearer).opened();
            clients.add(first);
            int many = 800;
            for (int i = 0; i < many; i++) {
                assertThat(TestCluster.post(node, token, "{\"scope\":\"topic:short\",\"data\":\"" + i + "\"}")
                                .statusCode())
                        .isEqualTo(200);
            }
            first.awaitData("0");
            bearer.put("Last-Event-ID", String.valueOf(first.all().get(1).id()));

            SseClient again = SseClient.open(node.port(), "/events?topic=short", bearer);
            clients.add(again);

            again.awaitData("" + (many - 1));
            assertThat(gaps(again)).hasSize(1);
            List<String> data = again.data();
            assertThat(data).isEqualTo(numbers(many - data.size(), many));
            assertThat(data).hasSizeGreaterThanOrEqualTo(100);
        }
    }

    private TestCluster cluster() {
        return Objects.requireNonNull(cluster);
    }

    private SseClient open(int node, String target, @Nullable String lastEventId) {
        SseClient client = SseClient.open(
                cluster().node(node).port(),
                target,
                lastEventId == null
                        ? Map.of()
                        : Map.of(
                                "Last-Event-ID",
                                // As a browser sends it: the client writes headers in Latin-1.
                                new String(lastEventId.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1)));
        clients.add(client);
        return client.opened();
    }

    /** Broadcasts the numbers from one to before another. */
    private void send(int node, String scope, int from, int to) {
        for (int i = from; i < to; i++) {
            broadcast(cluster().node(node), "{\"scope\":\"" + scope + "\",\"data\":\"" + i + "\"}");
        }
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    private static String lastId(SseClient client) {
        return String.valueOf(client.all().getLast().id());
    }

    private static List<String> gaps(SseClient client) {
        return client.all().stream()
                .filter(e -> "carillon.gap".equals(e.type()))
                .map(SseClient.Received::data)
                .toList();
    }
}
