package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.node.WhyClient.Client;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Three nodes explain why an event reached a client, or did not. All cases are in {@link WhyCasesContract}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WhyIT {
    @SuppressWarnings("NullAway.Init")
    private TestCluster cluster;

    @SuppressWarnings("NullAway.Init")
    private WhyClient why;

    @BeforeAll
    void start() {
        cluster = new TestCluster("memory://why", 3, Map.of());
        why = new WhyClient(cluster);
    }

    @AfterEach
    void closeClients() throws Exception {
        why.closeClients();
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    private void awaitVerdict(String id, Client client, String verdict) {
        await().untilAsserted(() -> assertThat(why.verdict(id, client)).isEqualTo(verdict));
    }

    @Test
    void answer_names_broadcaster_arrivals_and_a_verdict_for_each_connection() {
        Client one = why.clientOf(1, "topic=a", "ann");
        Client filtered = why.client(2, "topic=a&filter=region:eu");
        Client other = why.client(0, "topic=b");
        String id = why.to(0, "topic:a");
        one.stream().awaitData("x");
        awaitVerdict(id, one, "written");

        JsonNode answer = why.why("event=" + id);

        assertThat(answer.path("event").path("id").asText()).isEqualTo(id);
        assertThat(answer.path("event").path("in_log").asBoolean()).isTrue();
        assertThat(answer.path("event").path("bytes").asInt()).isEqualTo(1);
        assertThat(answer.path("event").has("data")).isFalse();
        assertThat(answer.path("broadcast").path("node").asText())
                .isEqualTo(cluster.node(0).id());
        assertThat(answer.path("broadcast").path("by").asText()).isEqualTo("token");
        assertThat(answer.path("nodes")).hasSize(3);
        assertThat(answer.path("counts").path("written").asInt()).isEqualTo(1);
        assertThat(answer.path("counts").path("filtered").asInt()).isEqualTo(1);
        assertThat(answer.path("counts").path("not-subscribed").asInt()).isEqualTo(1);
        assertThat(answer.path("connections").findValuesAsText("context")).containsExactly(filtered.context());
        assertThat(answer.path("unreachable")).isEmpty();
        assertThat(answer.path("nodes").findValuesAsText("received")).hasSizeBetween(2, 3);
        assertThat(why.verdict(id, other)).isEqualTo("not-subscribed");
        JsonNode byUser = why.why("event=" + id + "&user=ann");
        assertThat(byUser.path("client").path("verdict").asText()).isEqualTo("written");
        assertThat(byUser.path("connections").findValuesAsText("context")).containsExactly(one.context());
    }

    @Test
    void client_that_was_away_is_told_apart_from_one_that_resumed() {
        Client left = why.client(1, "topic=c");
        String before = why.to(0, "topic:c");
        left.stream().awaitData("x");
        left.close();
        await().until(() -> why.why("event=" + before + "&client=" + left.context())
                .path("connections")
                .path(0)
                .has("closed"));
        String missed = why.to(0, "topic:c");

        assertThat(why.verdict(before, left)).isEqualTo("written");
        awaitVerdict(missed, left, "not-connected");
        Client again = why.resumed(2, "topic=c", before);
        again.stream().awaitData("x");
        awaitVerdict(missed, again, "replayed");
        Client late = why.client(2, "topic=c");
        awaitVerdict(missed, late, "subscribed-later");
    }

    @Test
    void private_event_is_not_granted_to_other_clients() {
        Client without = why.client(1, "topic=d");
        Client with = why.client(2, "topic=d", Hub.bearer(TestCluster.token(List.of(), List.of("topic:d"), b -> b)));
        String id = why.broadcast(0, "\"scope\":\"topic:d\",\"private\":true");
        with.stream().awaitData("x");

        awaitVerdict(id, with, "written");
        assertThat(why.verdict(id, without)).isEqualTo("not-granted");
        JsonNode asked = why.why("event=" + id + "&client=" + without.context()).path("client");
        assertThat(asked.path("advice").asText()).contains("read grant");
        assertThat(asked.path("received").asBoolean()).isFalse();
    }

    @Test
    void unknown_events_and_clients_are_told_and_tenants_are_apart() {
        String id = why.to(0, "topic:e");

        HttpResponse<String> unknown = why.ask(1, "event=none");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).contains("not-found", "know all since");
        assertThat(why.ask(1, "event=" + id + "&tenant=acme").statusCode()).isEqualTo(404);
        assertThat(why.verdict(id, "nobody")).isEqualTo("unknown-client");
        assertThat(why.ask(0, "event=" + id + "&limit=3").statusCode()).isEqualTo(400);
        assertThat(why.ask(0, "").statusCode()).isEqualTo(400);
    }

    @Test
    void only_operators_ask_and_only_at_the_admin_port() {
        assertThat(TestCluster.get(cluster.node(0).port(), "/admin/why?event=x").statusCode())
                .isEqualTo(404);
        assertThat(TestCluster.get(cluster.node(0).port(), "/admin/tail").statusCode())
                .isEqualTo(404);
        for (String path : List.of("/admin/why?event=x", "/admin/tail")) {
            HttpResponse<String> refused = TestCluster.send(HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + cluster.node(0).adminPort() + path))
                    .header("Authorization", "Bearer " + TestCluster.token())
                    .build());
            assertThat(refused.statusCode()).isEqualTo(401);
        }
    }
}
