package dev.carillon.node;

import static dev.carillon.node.TestCluster.broadcast;
import static dev.carillon.node.TestCluster.metric;
import static dev.carillon.node.TestCluster.post;
import static dev.carillon.node.TestCluster.token;
import static dev.carillon.node.TestCluster.tokenOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broadcast.Broadcaster;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a cluster of three nodes must do for its clients, whatever the broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class ClusterContract {
    private final List<SseClient> clients = new ArrayList<>();
    protected TestCluster cluster;

    /** The address of the broker, started before. */
    protected abstract String broker();

    @BeforeAll
    void start() {
        cluster = new TestCluster(broker(), 3, Map.of());
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @AfterEach
    void closeClients() {
        clients.forEach(SseClient::close);
        clients.clear();
    }

    private SseClient client(int node, String target) {
        return client(node, target, Map.of());
    }

    private SseClient client(int node, String target, Map<String, String> headers) {
        SseClient client = SseClient.open(cluster.node(node).port(), target, headers);
        clients.add(client);
        return client.opened();
    }

    /** Of the hub, whose streams begin with a comment. */
    private SseClient subscriber(int node, String target) {
        SseClient client = SseClient.open(cluster.node(node).port(), target);
        clients.add(client);
        await().until(() -> !client.status().isEmpty());
        assertThat(client.status()).isEqualTo("HTTP/1.1 200 OK");
        return client;
    }

    private static Map<String, String> bearer(String token) {
        return Map.of("Authorization", "Bearer " + token);
    }

    @Test
    void route_broadcast_reaches_the_clients_of_all_nodes_once_and_no_other_route() {
        List<SseClient> board = List.of(
                client(0, "/events?route=/board"),
                client(1, "/events?route=/board"),
                client(2, "/events?route=/board"));
        SseClient other = client(1, "/events?route=/other");

        String id = broadcast(cluster.node(0), "{\"scope\":\"route:/board\",\"type\":\"tick\",\"data\":\"hi\"}");
        broadcast(cluster.node(1), "{\"scope\":\"route:/none\",\"data\":\"nobody\"}");
        broadcast(cluster.node(2), "{\"scope\":\"global\",\"data\":\"end\"}");

        board.forEach(c -> c.awaitData("end"));
        other.awaitData("end");
        for (SseClient client : board) {
            assertThat(client.data()).containsExactly("hi", "end");
            SseClient.Received event = client.all().get(1);
            assertThat(event.type()).isEqualTo("tick");
            assertThat(id).contains("\"" + event.id() + "\"");
        }
        assertThat(other.data()).containsExactly("end");
    }

    @Test
    void application_listens_and_broadcasts_from_java_on_any_node() throws Exception {
        Scope scope = Scope.topic("java");
        Map<Integer, List<String>> heard = new ConcurrentHashMap<>();
        List<AutoCloseable> listenings = new ArrayList<>();
        for (int node = 0; node < 3; node++) {
            List<String> of = new CopyOnWriteArrayList<>();
            heard.put(node, of);
            listenings.add(done(cluster.node(node)
                    .listen(Tenant.DEFAULT, List.of(scope), (event, id) -> of.add(event.data() + " " + id))));
        }
        SseClient client = client(2, "/events?topic=java");

        Broadcaster.Receipt first = done(cluster.node(0)
                .broadcaster()
                .broadcast(Event.to(scope).data("from Java").build()));
        String second = broadcast(
                cluster.node(1), "{\"scope\":\"topic:java\",\"id\":\"two\",\"private\":true,\"data\":\"by HTTP\"}");
        assertThat(second).contains("two");
        broadcast(cluster.node(1), "{\"scope\":\"topic:other\",\"data\":\"not here\"}");
        client.awaitData("from Java");
        for (int node = 0; node < 3; node++) {
            List<String> of = heard.getOrDefault(node, List.of());
            await().untilAsserted(() -> assertThat(of).containsExactly("from Java " + first.id(), "by HTTP two"));
        }

        listenings.getFirst().close();
        done(cluster.node(2)
                .broadcaster()
                .broadcast(Event.to(scope).data("later").id("three").build()));
        await().until(() -> heard.getOrDefault(1, List.of()).contains("later three"));
        await().until(() -> heard.getOrDefault(2, List.of()).contains("later three"));
        // One that listens anew has what comes from then on, and the first nothing more.
        List<String> anew = new CopyOnWriteArrayList<>();
        listenings.add(
                done(cluster.node(0).listen(Tenant.DEFAULT, List.of(scope), (event, id) -> anew.add(event.data()))));
        broadcast(cluster.node(1), "{\"scope\":\"topic:java\",\"data\":\"last\"}");
        await().until(() -> anew.contains("last"));
        assertThat(anew).containsExactly("last");
        assertThat(heard.get(0)).hasSize(2);
        assertThat(first.nodeOnly()).isFalse();
        for (AutoCloseable listening : listenings) {
            listening.close();
        }
    }

    private static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture()
                .orTimeout(Patience.LIMIT_MILLIS, TimeUnit.MILLISECONDS)
                .join();
    }

    @Test
    void every_scope_reaches_whom_it_concerns() {
        SseClient anonymous = client(0, "/events?topic=news");
        SseClient alice = client(1, "/events?topic=news", bearer(tokenOf("alice", "default")));
        String session = anonymous.opening("session");
        String context = alice.opening("context");

        broadcast(cluster.node(2), "{\"scope\":\"session:" + session + "\",\"data\":\"your session\"}");
        broadcast(cluster.node(2), "{\"scope\":\"user:alice\",\"data\":\"alice\"}");
        broadcast(cluster.node(2), "{\"scope\":\"tab:" + context + "\",\"data\":\"your tab\"}");
        broadcast(cluster.node(2), "{\"scope\":\"topic:news\",\"data\":\"news\"}");
        broadcast(cluster.node(2), "{\"scope\":\"global\",\"data\":\"end\"}");
        broadcast(cluster.node(2), "{\"scope\":\"system\",\"data\":\"system\"}");

        for (SseClient client : List.of(anonymous, alice)) {
            client.awaitData("end");
            client.awaitData("system");
        }
        assertThat(anonymous.data()).containsExactlyInAnyOrder("your session", "news", "end", "system");
        assertThat(alice.data()).containsExactlyInAnyOrder("alice", "your tab", "news", "end", "system");
        assertThat(alice.all().stream().filter(e -> e.data().equals("system")).findFirst())
                .hasValueSatisfying(e -> assertThat(e.id()).isNull());
    }

    @Test
    void event_of_several_scopes_arrives_once_at_a_client_that_is_in_two() {
        SseClient two = client(0, "/events?route=/a&topic=b");
        SseClient one = client(1, "/events?topic=b");

        broadcast(cluster.node(2), "{\"scopes\":[\"route:/a\",\"topic:b\",\"topic:c\"],\"data\":\"once\"}");
        broadcast(cluster.node(2), "{\"scope\":\"global\",\"data\":\"end\"}");

        two.awaitData("end");
        one.awaitData("end");
        assertThat(two.data()).containsExactly("once", "end");
        assertThat(one.data()).containsExactly("once", "end");
    }

    @Test
    void private_event_reaches_only_those_whose_grant_covers_it() {
        SseClient anonymous = client(0, "/events?topic=salary");
        SseClient granted = client(1, "/events?topic=salary", bearer(token(List.of(), List.of("topic:sal*"), b -> b)));
        SseClient other = client(2, "/events?topic=salary", bearer(token(List.of(), List.of("topic:x"), b -> b)));
        SseClient alice = client(2, "/events", bearer(tokenOf("alice", "default")));

        broadcast(cluster.node(0), "{\"scope\":\"topic:salary\",\"data\":\"secret\",\"private\":true}");
        broadcast(
                cluster.node(0),
                "{\"scopes\":[\"topic:salary\",\"user:alice\"],\"data\":\"for alice\",\"private\":true}");
        broadcast(cluster.node(0), "{\"scope\":\"global\",\"data\":\"end\"}");

        List.of(anonymous, granted, other, alice).forEach(c -> c.awaitData("end"));
        assertThat(anonymous.data()).containsExactly("end");
        assertThat(granted.data()).containsExactly("secret", "for alice", "end");
        assertThat(other.data()).containsExactly("end");
        assertThat(alice.data()).containsExactly("for alice", "end");
    }

    /** It is not marked as private: live, for those who join later, and from the log. */
    @Test
    void event_to_a_user_and_a_topic_is_private() {
        Map<String, String> amysToken = bearer(tokenOf("amy", "default"));
        SseClient anonymous = client(0, "/events?topic=mixed");
        SseClient hub = subscriber(0, Hub.subscription("mixed"));
        SseClient granted = client(1, "/events?topic=mixed", bearer(token(List.of(), List.of("topic:mixed"), b -> b)));
        SseClient amy = client(2, "/events?topic=mixed", amysToken);

        broadcast(cluster.node(0), "{\"scopes\":[\"user:amy\",\"topic:mixed\"],\"data\":\"for amy\",\"retain\":true}");
        broadcast(cluster.node(0), "{\"scope\":\"topic:mixed\",\"data\":\"end\"}");
        List.of(anonymous, hub, granted, amy).forEach(c -> c.awaitData("end"));
        SseClient joining = client(1, "/events?topic=mixed");
        SseClient amyJoining = client(1, "/events?topic=mixed", amysToken);
        SseClient replayed = subscriber(1, Hub.subscription("mixed") + "&lastEventID=earliest");
        broadcast(cluster.node(0), "{\"scope\":\"topic:mixed\",\"data\":\"last\"}");
        List.of(joining, amyJoining, replayed).forEach(c -> c.awaitData("last"));

        assertThat(anonymous.data()).doesNotContain("for amy");
        assertThat(hub.data()).doesNotContain("for amy");
        assertThat(granted.data()).contains("for amy");
        assertThat(amy.data()).contains("for amy");
        assertThat(joining.data()).doesNotContain("for amy");
        assertThat(amyJoining.data()).contains("for amy");
        assertThat(replayed.data()).contains("end").doesNotContain("for amy");
        assertThat(TestCluster.get(cluster.node(2).port(), "/history?scope=topic:mixed")
                        .body())
                .contains("end")
                .doesNotContain("for amy");
    }

    @Test
    void tenants_are_walls() {
        SseClient acme = client(0, "/events?topic=t", bearer(tokenOf("u", "acme")));
        SseClient none = client(1, "/events?topic=t");
        assertThat(post(
                                cluster.node(2),
                                tokenOf("u", "acme"),
                                "{\"scopes\":[\"topic:t\",\"global\"],\"data\":\"acme\"}")
                        .statusCode())
                .isEqualTo(200);
        broadcast(cluster.node(2), "{\"scope\":\"topic:t\",\"data\":\"default\"}");

        acme.awaitData("acme");
        none.awaitData("default");
        assertThat(acme.data()).containsExactly("acme");
        assertThat(none.data()).containsExactly("default");
    }

    @Test
    void later_client_receives_retained_events_and_then_newer_ones() {
        broadcast(cluster.node(0), "{\"scope\":\"topic:light\",\"data\":\"red\",\"retain\":true}");
        broadcast(cluster.node(1), "{\"scope\":\"topic:light\",\"data\":\"blue\",\"retain\":true}");
        broadcast(cluster.node(1), "{\"scope\":\"route:/hall\",\"data\":\"open\",\"retain\":true}");
        broadcast(
                cluster.node(1), "{\"scope\":\"topic:light\",\"data\":\"private\",\"retain\":false,\"private\":true}");

        SseClient late = client(2, "/events?topic=light&route=/hall");
        broadcast(cluster.node(0), "{\"scope\":\"topic:light\",\"data\":\"dark\",\"retain\":true}");
        late.awaitData("dark");

        assertThat(late.data()).containsExactly("blue", "open", "dark");
        broadcast(cluster.node(0), "{\"scope\":\"topic:light\",\"retain\":true}");
        late.await(5);
        SseClient later = client(0, "/events?topic=light");
        broadcast(cluster.node(0), "{\"scope\":\"topic:light\",\"data\":\"end\"}");
        later.awaitData("end");
        assertThat(later.data()).containsExactly("end");
    }

    @Test
    void retained_private_event_stays_private() {
        broadcast(cluster.node(0), "{\"scope\":\"topic:vault\",\"data\":\"gold\",\"retain\":true,\"private\":true}");

        SseClient anonymous = client(1, "/events?topic=vault");
        SseClient granted = client(1, "/events?topic=vault", bearer(token(List.of(), List.of("topic:vault"), b -> b)));
        broadcast(cluster.node(0), "{\"scope\":\"topic:vault\",\"data\":\"end\"}");

        anonymous.awaitData("end");
        granted.awaitData("end");
        assertThat(anonymous.data()).containsExactly("end");
        assertThat(granted.data()).containsExactly("gold", "end");
    }

    @Test
    void four_broadcasters_on_different_nodes_give_every_client_one_order() throws Exception {
        int each = Boolean.getBoolean("carillon.full") ? 10_000 : 150;
        List<SseClient> all = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            all.add(client(i % 3, "/events?route=/order&topic=order-a&topic=order-b"));
        }
        List<String> scopes = List.of("global", "route:/order", "topic:order-a", "topic:order-b");
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (int b = 0; b < 4; b++) {
            int number = b;
            done.add(CompletableFuture.runAsync(
                    () -> {
                        for (int i = 0; i < each; i++) {
                            broadcast(
                                    cluster.node(number % 3),
                                    "{\"scope\":\"" + scopes.get(i % 4) + "\",\"data\":\"order " + number + "-" + i
                                            + "\"}");
                        }
                    },
                    Thread::startVirtualThread));
        }
        for (CompletableFuture<Void> one : done) {
            one.get();
        }
        broadcast(cluster.node(0), "{\"scope\":\"route:/order\",\"data\":\"order end\"}");

        List<List<String>> seen = new ArrayList<>();
        for (SseClient client : all) {
            client.awaitData("order end");
            seen.add(client.data().stream().filter(d -> d.startsWith("order")).toList());
        }
        assertThat(seen.getFirst()).hasSize(4 * each + 1).doesNotHaveDuplicates();
        assertThat(seen).containsOnly(seen.getFirst());
    }

    @Test
    void reconnecting_client_gets_only_its_own_context() {
        SseClient first = client(0, "/events?route=/c");
        String cookie = String.valueOf(first.header("Set-Cookie"));
        String context = first.opening("context");
        assertThat(cookie).contains("HttpOnly").contains("SameSite=Lax").contains("Path=/");
        Map<String, String> session = Map.of("Cookie", cookie.substring(0, cookie.indexOf(';')));
        first.close();
        await().until(() -> metric(cluster.node(0), "carillon_connections_open") == 0);

        SseClient foreign = client(0, "/events?route=/c&context=" + context);
        assertThat(foreign.opening("context")).isNotEqualTo(context);
        SseClient again = client(0, "/events?route=/c&context=" + context, session);
        assertThat(again.opening("context")).isEqualTo(context);
        assertThat(again.opening("resumed")).isEqualTo("true");
        assertThat(again.opening("session")).isEqualTo(first.opening("session"));
        assertThat(again.header("Set-Cookie")).isNull();
        SseClient forged = client(0, "/events", Map.of("Cookie", "carillon_session=AAAAAAAAAAAAAAAAAAAAAA.forged"));
        assertThat(forged.status()).contains("200");
        assertThat(forged.header("Set-Cookie")).isNotNull();
        assertThat(forged.opening("session")).isNotEqualTo(first.opening("session"));
    }

    @Test
    void context_follows_its_client_to_another_node_also_when_its_node_has_ended() {
        try (TestCluster more = new TestCluster(broker(), 2, Map.of())) {
            SseClient first = SseClient.open(more.node(0).port(), "/events").opened();
            String cookie = String.valueOf(first.header("Set-Cookie"));
            Map<String, String> session = Map.of("Cookie", cookie.substring(0, cookie.indexOf(';')));
            String context = first.opening("context");
            String target = "/events?context=" + context;
            SseClient second = client(0, target, session);
            assertThat(second.opening("context"))
                    .as("a context with a connection stays")
                    .isNotEqualTo(context);
            first.close();
            await().until(() -> metric(more.node(0), "carillon_connections_open") == 0);

            assertThat(client(0, target).opening("context"))
                    .as("another session does not get it")
                    .isNotEqualTo(context);
            SseClient moved = client(0, target, session);
            assertThat(moved.opening("context")).isEqualTo(context);
            assertThat(moved.opening("resumed")).isEqualTo("true");
            assertThat(metric(more.node(0), "carillon_contexts")).isZero();
            moved.close();
            await().until(() -> metric(cluster.node(0), "carillon_connections_open") == 2);
            SseClient back =
                    SseClient.open(more.node(1).port(), target, session).opened();
            assertThat(back.opening("context")).isEqualTo(context);
            more.node(1).close();
            back.close();

            SseClient last = client(1, target, session);
            assertThat(last.opening("context")).isEqualTo(context);
            broadcast(cluster.node(2), "{\"scope\":\"tab:" + context + "\",\"data\":\"here\"}");
            last.awaitData("here");
        }
    }

    @Test
    void client_that_reconnects_after_the_linger_time_gets_a_new_context() {
        try (TestCluster brief = new TestCluster(broker(), 1, Map.of("context-linger", "1s"))) {
            Node node = brief.node(0);
            SseClient first = SseClient.open(node.port(), "/events").opened();
            String cookie = String.valueOf(first.header("Set-Cookie"));
            Map<String, String> session = Map.of("Cookie", cookie.substring(0, cookie.indexOf(';')));
            first.close();
            await().until(() -> metric(node, "carillon_contexts") == 0);

            try (SseClient late = SseClient.open(node.port(), "/events?context=" + first.opening("context"), session)
                    .opened()) {
                assertThat(late.opening("session")).isEqualTo(first.opening("session"));
                assertThat(late.opening("context")).isNotEqualTo(first.opening("context"));
            }
        }
    }

    @Test
    void session_is_the_same_on_every_node() {
        SseClient first = client(0, "/events");
        String cookie = String.valueOf(first.header("Set-Cookie"));

        SseClient second = client(1, "/events", Map.of("Cookie", cookie.substring(0, cookie.indexOf(';'))));

        assertThat(second.opening("session")).isEqualTo(first.opening("session"));
        assertThat(cookie).doesNotContain(first.opening("session"));
    }

    @Test
    void same_id_is_answered_alike_on_every_node_and_another_body_is_a_conflict() {
        SseClient client = client(0, "/events?topic=ids");
        String id = "id-" + System.nanoTime();
        String body = "{\"scope\":\"topic:ids\",\"data\":\"1\",\"id\":\"" + id + "\"}";

        assertThat(broadcast(cluster.node(0), body)).isEqualTo(broadcast(cluster.node(1), body));
        HttpResponse<String> conflict = post(cluster.node(2), token(), body.replace("\"1\"", "\"2\""));
        broadcast(cluster.node(0), "{\"scope\":\"topic:ids\",\"data\":\"end\"}");

        client.awaitData("end");
        assertThat(client.data()).containsExactly("1", "end");
        assertThat(conflict.statusCode()).isEqualTo(409);
        assertThat(conflict.body()).contains("id-conflict");
    }

    @Test
    void an_idempotency_key_is_answered_alike_on_every_node_and_another_body_is_a_conflict() {
        SseClient client = client(0, "/events?topic=keys");
        String key = "key-" + System.nanoTime();
        String body = "{\"scope\":\"topic:keys\",\"data\":\"1\"}";

        HttpResponse<String> first = TestCluster.post(cluster.node(0), token(), body, key);
        HttpResponse<String> again = TestCluster.post(cluster.node(1), token(), body, key);
        HttpResponse<String> conflict = TestCluster.post(cluster.node(2), token(), body.replace("\"1\"", "\"2\""), key);
        String elsewhere = body.replace("topic:keys", "topic:others");
        HttpResponse<String> free = TestCluster.post(cluster.node(2), token(), elsewhere, key);
        broadcast(cluster.node(0), "{\"scope\":\"topic:keys\",\"data\":\"end\"}");

        client.awaitData("end");
        assertThat(client.data()).containsExactly("1", "end");
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(conflict.statusCode()).isEqualTo(409);
        assertThat(conflict.body()).contains("id-conflict").contains(key);
        assertThat(free.statusCode()).isEqualTo(200);
    }

    @Test
    void nodes_know_of_each_other() {
        await().untilAsserted(() -> {
            for (Node node : cluster.nodes()) {
                assertThat(TestCluster.get(node.port(), "/_health").body()).contains("\"cluster\":{\"nodes\":3");
            }
        });
    }

    @Test
    void all_nodes_report_the_same_cluster_and_a_writable_broker() {
        await().untilAsserted(() -> {
            List<String> reported = cluster.nodes().stream()
                    .map(node -> TestCluster.get(node.port(), "/_health"))
                    .peek(health -> assertThat(health.body()).contains("\"writable\":true"))
                    .map(health ->
                            health.headers().firstValue("Carillon-Cluster").orElse(""))
                    .distinct()
                    .toList();
            assertThat(reported).hasSize(1).first().asString().matches("[0-9a-f]{16}");
        });
    }

    @Test
    void context_is_disconnected_through_the_admin_port_of_another_node() {
        SseClient client = client(0, "/events?topic=cut");
        SseClient other = client(0, "/events?topic=cut");
        String context = client.opening("context");

        HttpResponse<String> answer = TestCluster.disconnect(cluster.node(2), context);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body())
                .contains("\"closed\":1,\"nodes\":[")
                .contains("{\"node\":\"" + cluster.node(0).id() + "\",\"closed\":1}")
                .contains("{\"node\":\"" + cluster.node(1).id() + "\",\"closed\":0}")
                .contains("{\"node\":\"" + cluster.node(2).id() + "\",\"closed\":0}");
        await().until(client::hasEnded);
        assertThat(client.lastRetry()).isNotNull();
        HttpResponse<String> again = TestCluster.disconnect(cluster.node(1), context);
        assertThat(again.statusCode()).as(again.body()).isEqualTo(404);
        assertThat(again.body()).contains("\"not-found\"");
        broadcast(cluster.node(2), "{\"scope\":\"topic:cut\",\"data\":\"end\"}");
        other.awaitData("end");
    }

    @Test
    void each_node_tells_how_all_nodes_are() {
        client(1, "/events");
        await().until(() -> metric(cluster.node(1), "carillon_connections_open") == 1);

        for (Node asked : cluster.nodes()) {
            String health =
                    TestCluster.get(asked.adminPort(), "/_health/cluster").body();
            for (Node node : cluster.nodes()) {
                assertThat(health)
                        .containsPattern("\\{\"node\":\"" + node.id()
                                + "\",\"generation\":\\d+,\"address\":\"127.0.0.1:" + node.internalPort()
                                + "\",\"state\":\"serving\",\"version\":\"[^\"]+\",\"broker\":\\{\"driver\":\"[a-z]+\",\"connected\":true,"
                                + "\"writable\":true},\"contexts\":\\d+,\"streams\":"
                                + (node == cluster.node(1) ? 1 : 0) + "}");
            }
        }
    }

    @Test
    void quiet_and_whole_streams_show_no_holes() {
        for (Node node : cluster.nodes()) {
            assertThat(metric(node, "carillon_feed_gaps_total{found=\"sequence\"}"))
                    .isZero();
            assertThat(metric(node, "carillon_feed_gaps_total{found=\"heads\"}"))
                    .isZero();
        }
    }
}
