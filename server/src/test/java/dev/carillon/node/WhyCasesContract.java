package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.node.WhyClient.Client;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/** Prepared cases of events that clients of three nodes received or did not: each has the right verdict, whatever the broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class WhyCasesContract {
    private static final String FILLING = "x".repeat(24 * 1024);
    private static final int MANY = 100;

    @SuppressWarnings("NullAway.Init")
    private TestCluster cluster;

    @SuppressWarnings("NullAway.Init")
    private WhyClient why;

    /** A prepared case. */
    private interface Case {
        void run() throws IOException;
    }

    /** Address of the broker. */
    protected abstract String broker();

    @BeforeAll
    void start() {
        cluster = new TestCluster(
                broker(),
                3,
                Map.of(
                        "scope-policies",
                        "topic:none*=0,topic:oldest*=10000/1h/drop-oldest,topic:newest*=0/latest",
                        "outbox-max-bytes",
                        "" + 256 * 1024));
        why = new WhyClient(cluster);
    }

    @AfterAll
    void stop() throws Exception {
        why.closeClients();
        cluster.close();
    }

    private void is(String verdict, String id, Client client) {
        await().untilAsserted(() -> assertThat(why.verdict(id, client)).isEqualTo(verdict));
    }

    private static Map<String, String> reads(String scope) {
        return Hub.bearer(TestCluster.token(List.of(), List.of(scope), b -> b));
    }

    private void closed(Client client, String id) {
        client.close();
        await().until(() -> why.why("event=" + id + "&client=" + client.context())
                .path("connections")
                .path(0)
                .has("closed"));
    }

    @TestFactory
    Stream<DynamicTest> each_case_has_its_verdict() {
        Map<String, Case> cases = new LinkedHashMap<>();
        addWritten(cases);
        addRefused(cases);
        addTooEarlyOrLate(cases);
        addResumed(cases);
        addSlow(cases);
        addUnknown(cases);
        assertThat(cases).hasSizeGreaterThanOrEqualTo(30);
        return cases.entrySet().stream()
                .map(one -> DynamicTest.dynamicTest(
                        one.getKey(), () -> one.getValue().run()));
    }

    private void addWritten(Map<String, Case> cases) {
        for (int node = 0; node < 3; node++) {
            int at = node;
            cases.put("written at node " + node, () -> {
                Client client = why.client(at, "topic=w" + at);
                is("written", why.to(0, "topic:w" + at), client);
            });
        }
        cases.put("written to a user", () -> {
            Client client = why.clientOf(1, "topic=wu", "uma");
            is("written", why.to(2, "user:uma"), client);
        });
        cases.put("written to a tab", () -> {
            Client client = why.client(1, "topic=wt");
            is("written", why.to(2, "tab:" + client.context()), client);
        });
        cases.put("written to all of the tenant", () -> {
            Client client = why.client(2, "topic=wg");
            is("written", why.to(0, "global"), client);
        });
        cases.put("written once for several scopes", () -> {
            Client client = why.client(1, "topic=ws1&topic=ws2");
            is("written", why.broadcast(0, "\"scopes\":[\"topic:ws0\",\"topic:ws1\",\"topic:ws2\"]"), client);
        });
        cases.put("private, written with a grant", () -> {
            Client client = why.client(1, "topic=wp", reads("topic:wp"));
            is("written", why.broadcast(0, "\"scope\":\"topic:wp\",\"private\":true"), client);
        });
        cases.put("for readers, written to one of them", () -> {
            Client client = why.clientOf(2, "topic=wr", "rita");
            is("written", why.broadcast(0, "\"scope\":\"topic:wr\",\"readers\":[\"rita\",\"ron\"]"), client);
        });
        cases.put("written through a filter", () -> {
            Client client = why.client(1, "topic=wf&filter=region:eu");
            is("written", why.broadcast(0, "\"scope\":\"topic:wf\",\"tags\":{\"region\":\"eu\"}"), client);
        });
        cases.put("written to a WebSocket", () -> {
            RawWebSocket socket = socket(1, "topic=ww");
            String context = socket.awaitType("open").path("context").asText();
            String id = why.to(0, "topic:ww");
            await().untilAsserted(() -> assertThat(why.verdict(id, context)).isEqualTo("written"));
        });
        cases.put("written to a subscriber of a template", () -> {
            SseClient hub = why.closeAtEnd(Hub.subscribe(cluster.node(1), "wh/{n}"));
            String first = why.to(0, "topic:wh/1");
            hub.awaitData("x");
            await().untilAsserted(() -> assertThat(why.count(first, "written")).isEqualTo(1));
        });
        cases.put("written before the client disconnected", () -> {
            Client client = why.client(1, "topic=wd");
            String id = why.to(0, "topic:wd");
            client.stream().awaitData("x");
            closed(client, id);
            is("written", id, client);
        });
    }

    private RawWebSocket socket(int node, String query) throws IOException {
        return why.closeAtEnd(new RawWebSocket(
                cluster.node(node).port(), "/ws?" + query, "Authorization: Bearer " + TestCluster.token()));
    }

    private void addRefused(Map<String, Case> cases) {
        cases.put("private, without a grant", () -> {
            Client client = why.client(1, "topic=rp");
            is("not-granted", why.broadcast(0, "\"scope\":\"topic:rp\",\"private\":true"), client);
        });
        cases.put("private, with a grant for another scope", () -> {
            Client client = why.client(2, "topic=rp2", reads("topic:other"));
            is("not-granted", why.broadcast(0, "\"scope\":\"topic:rp2\",\"private\":true"), client);
        });
        cases.put("for other readers", () -> {
            Client client = why.clientOf(1, "topic=rr", "rob");
            is("not-granted", why.broadcast(0, "\"scope\":\"topic:rr\",\"readers\":[\"rita\"]"), client);
        });
        cases.put("filtered, without the tag", () -> {
            Client client = why.client(1, "topic=rf&filter=region:eu");
            is("filtered", why.to(0, "topic:rf"), client);
        });
        cases.put("filtered, with another value", () -> {
            Client client = why.client(2, "topic=rf2&filter=region:eu");
            is("filtered", why.broadcast(0, "\"scope\":\"topic:rf2\",\"tags\":{\"region\":\"us\"}"), client);
        });
        cases.put("not subscribed", () -> {
            Client client = why.client(1, "topic=rn");
            is("not-subscribed", why.to(0, "topic:rm"), client);
        });
        cases.put("for another user", () -> {
            Client client = why.clientOf(1, "topic=ru", "ugo");
            is("not-subscribed", why.to(0, "user:uli"), client);
        });
    }

    private void addTooEarlyOrLate(Map<String, Case> cases) {
        cases.put("before the client subscribed", () -> {
            String id = why.to(0, "topic:tb");
            is("subscribed-later", id, why.client(1, "topic=tb"));
        });
        cases.put("retained, before the client subscribed", () -> {
            String id = why.broadcast(0, "\"scope\":\"topic:tr\",\"retain\":true");
            Client client = why.client(1, "topic=tr");
            is("subscribed-later", id, client);
            assertThat(why.why("event=" + id + "&client=" + client.context())
                            .path("connections")
                            .path(0)
                            .path("note")
                            .asText())
                    .contains("retained");
        });
        cases.put("after the client unsubscribed", () -> {
            RawWebSocket socket = socket(1, "topic=tu&topic=tu2");
            String context = socket.awaitType("open").path("context").asText();
            String before = why.to(0, "topic:tu");
            socket.awaitEvent();
            socket.ask("{\"type\":\"unsubscribe\",\"ref\":1,\"topics\":[\"tu\"]}");
            String after = why.to(0, "topic:tu");
            await().untilAsserted(() -> assertThat(why.verdict(after, context)).isEqualTo("unsubscribed"));
            assertThat(why.verdict(before, context)).isEqualTo("written");
        });
        cases.put("after a subscription of an open connection", () -> {
            RawWebSocket socket = socket(2, "topic=ts0");
            String context = socket.awaitType("open").path("context").asText();
            String before = why.to(0, "topic:ts1");
            socket.ask("{\"type\":\"subscribe\",\"ref\":1,\"topics\":[\"ts1\"]}");
            String after = why.to(0, "topic:ts1");
            socket.awaitEvent();
            await().untilAsserted(() -> assertThat(why.verdict(after, context)).isEqualTo("written"));
            assertThat(why.verdict(before, context)).isEqualTo("subscribed-later");
        });
        cases.put("after the client left", () -> {
            Client client = why.client(1, "topic=tl");
            String before = why.to(0, "topic:tl");
            client.stream().awaitData("x");
            closed(client, before);
            is("not-connected", why.to(0, "topic:tl"), client);
        });
        cases.put("after an operator closed the connection", () -> {
            Client client = why.client(2, "topic=tc");
            String before = why.to(0, "topic:tc");
            client.stream().awaitData("x");
            assertThat(TestCluster.disconnect(cluster.node(0), client.context()).statusCode())
                    .isEqualTo(200);
            await().until(client.stream()::hasEnded);
            String id = why.to(0, "topic:tc");
            is("not-connected", id, client);
            assertThat(why.verdict(before, client)).isEqualTo("written");
            assertThat(why.why("event=" + id + "&client=" + client.context())
                            .path("connections")
                            .path(0)
                            .path("reason")
                            .asText())
                    .isEqualTo("disconnected");
        });
    }

    private void addResumed(Map<String, Case> cases) {
        for (int node = 1; node < 3; node++) {
            int back = node;
            cases.put("replayed at node " + node, () -> {
                String topic = "rs" + back;
                Client client = why.client(1, "topic=" + topic);
                String seen = why.to(0, "topic:" + topic);
                client.stream().awaitData("x");
                closed(client, seen);
                String missed = why.to(0, "topic:" + topic);
                Client again = why.resumed(back, "topic=" + topic, seen);
                is("replayed", missed, again);
                is("subscribed-later", seen, again);
            });
        }
        cases.put("came back without the id of its last event", () -> {
            Client client = why.clientOf(1, "topic=rw", "wim");
            String seen = why.to(0, "topic:rw");
            client.stream().awaitData("x");
            closed(client, seen);
            String missed = why.to(0, "topic:rw");
            Client again = why.clientOf(2, "topic=rw", "wim");
            is("subscribed-later", missed, again);
            JsonNode byUser = why.why("event=" + missed + "&user=wim");
            assertThat(byUser.path("client").path("verdict").asText()).isEqualTo("not-connected");
            assertThat(byUser.path("connections")).hasSize(2);
        });
        cases.put("came back with an id that is not in the log", () -> {
            String missed = why.to(0, "topic:rx");
            is("gap-told", missed, why.resumed(1, "topic=rx", "not-in-the-log"));
        });
        cases.put("missed in a scope without history", () -> {
            String seen = why.broadcast(0, "\"scope\":\"topic:rh\"");
            String missed = why.to(0, "topic:none-rh");
            is("no-history", missed, why.resumed(1, "topic=rh&topic=none-rh", seen));
        });
    }

    private List<String> fill(String topic, String members) {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            String id = topic + "-" + i;
            TestCluster.broadcast(
                    cluster.node(0),
                    "{\"id\":\"" + id + "\",\"scope\":\"topic:" + topic + "\",\"data\":\"" + i + " " + FILLING + "\""
                            + members + "}");
            ids.add(id);
        }
        return ids;
    }

    private void addSlow(Map<String, Case> cases) {
        cases.put("slow client: written, dropped and queued", () -> {
            StallingClient stalled = stalled("oldest-a");
            List<String> ids = fill("oldest-a", "");
            await().untilAsserted(
                            () -> assertThat(why.count(ids.getLast(), "queued")).isEqualTo(1));
            assertThat(why.count(ids.getFirst(), "written")).isEqualTo(1);
            assertThat(why.count(ids.get(MANY * 6 / 10), "dropped")).isEqualTo(1);
            stalled.readOn();
            await().untilAsserted(() ->
                    assertThat(why.count(ids.getLast(), "written")).isEqualTo(1));
            assertThat(why.count(ids.get(MANY * 6 / 10), "dropped")).isEqualTo(1);
        });
        cases.put("slow client: replaced by the newest of a key", () -> {
            StallingClient _ = stalled("newest-a");
            List<String> ids = fill("newest-a", ",\"key\":\"k\"");
            await().untilAsserted(
                            () -> assertThat(why.count(ids.getLast(), "queued")).isEqualTo(1));
            assertThat(why.count(ids.get(MANY * 6 / 10), "replaced")).isEqualTo(1);
        });
        cases.put("slow client: disconnected with events in its outbox, which it has after it resumed", () -> {
            StallingClient stalled = stalled("cut-a");
            List<String> ids = fill("cut-a", "");
            await().untilAsserted(() -> assertThat(
                            ids.stream().anyMatch(id -> why.count(id, "lost-with-connection") == 1))
                    .isTrue());
            stalled.readOn();
            await().until(stalled::hasEnded);
            Client again = why.resumed(2, "topic=cut-a", String.valueOf(stalled.lastId()));
            is("replayed", ids.getLast(), again);
        });
    }

    private StallingClient stalled(String topic) {
        StallingClient client =
                why.closeAtEnd(StallingClient.stalling(cluster.node(1).port(), topic));
        await().until(client::isOpen);
        return client;
    }

    private void addUnknown(Map<String, Case> cases) {
        cases.put(
                "client that no node knows",
                () -> assertThat(why.verdict(why.to(0, "topic:un"), "nobody")).isEqualTo("unknown-client"));
        cases.put("client of another tenant", () -> {
            Client client = why.client(1, "topic=ut", Hub.bearer(TestCluster.tokenOf("tom", "acme")));
            String id = why.to(0, "topic:ut");
            assertThat(why.verdict(id, client)).isEqualTo("unknown-client");
            assertThat(why.ask(0, "event=" + id + "&tenant=acme").statusCode()).isEqualTo(404);
        });
        cases.put(
                "event that no log has",
                () -> assertThat(why.ask(2, "event=not-there").statusCode()).isEqualTo(404));
        cases.put("id that was used twice", () -> {
            Client client = why.client(1, "topic=ui2");
            String id = why.to(0, "topic:ui1");
            TestCluster.broadcast(cluster.node(0), "{\"id\":\"" + id + "\",\"scope\":\"topic:ui2\",\"data\":\"y\"}");
            is("written", id, client);
            assertThat(why.why("event=" + id).path("same_id").asInt()).isEqualTo(2);
        });
    }

    @Test
    void broadcasters_are_named_with_their_node() {
        TestCluster.post(
                cluster.node(1),
                TestCluster.tokenOf("bea", "default"),
                "{\"id\":\"by-bea\",\"scope\":\"topic:by\",\"data\":\"x\"}");
        cluster.node(2)
                .broadcaster()
                .broadcast(Event.to(Scope.topic("by")).id("by-java").data("x").build())
                .toCompletableFuture()
                .join();

        JsonNode bea = why.why("event=by-bea").path("broadcast");
        assertThat(bea.path("by").asText()).isEqualTo("user bea");
        assertThat(bea.path("node").asText()).isEqualTo(cluster.node(1).id());
        JsonNode java = why.why("event=by-java").path("broadcast");
        assertThat(java.path("by").asText()).isEqualTo("application");
        assertThat(java.path("node").asText()).isEqualTo(cluster.node(2).id());
    }
}
