package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.node.Hub;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Operators ask two nodes why an event did not reach a client, and see events pass, by the commands. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WhyCommandIT {
    @SuppressWarnings("NullAway.Init")
    private TestCluster cluster;

    @BeforeAll
    void start() {
        cluster = new TestCluster("memory://why-command", 2, Map.of());
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    private CommandRun run(String command, String... options) {
        List<String> words = new ArrayList<>(
                List.of(command, "--url", "http://127.0.0.1:" + cluster.node(0).adminPort()));
        words.addAll(List.of(options));
        return CommandRun.of(Map.of("CARILLON_OPERATOR_TOKEN", TestCluster.OPERATOR), "", words.toArray(String[]::new));
    }

    @Test
    void report_names_broadcast_nodes_verdict_and_what_to_do() {
        try (SseClient ann = SseClient.open(
                        cluster.node(1).port(),
                        "/events?topic=orders",
                        Hub.bearer(TestCluster.tokenOf("ann", "default")))
                .opened()) {
            TestCluster.broadcast(
                    cluster.node(0),
                    "{\"id\":\"order-1\",\"scope\":\"topic:orders\",\"private\":true,\"type\":\"order\",\"data\":\"secret\"}");
            await().untilAsserted(() -> assertThat(
                            run("why", "--event", "order-1", "--user", "ann").out())
                    .contains("verdict: not-granted"));

            CommandRun asked = run("why", "--event", "order-1", "--client", ann.opening("context"));

            assertThat(asked.err()).isEmpty();
            assertThat(asked.status()).isZero();
            assertThat(asked.out())
                    .contains(
                            "event order-1: tenant default, type order, position ",
                            "6 bytes, private",
                            "scopes: topic:orders",
                            "at node " + cluster.node(0).id() + " by token; in the log after ",
                            "node " + cluster.node(1).id() + ": received ",
                            "not-granted at node " + cluster.node(1).id() + ": events, user ann",
                            "what to do: Give the token a read grant")
                    .doesNotContain("secret");
        }
    }

    @Test
    void unknown_event_fails_and_a_mistake_in_the_command_is_told_apart() throws IOException {
        CommandRun unknown = run("why", "--event", "none");
        assertThat(unknown.status()).isEqualTo(1);
        assertThat(unknown.err()).contains("not-found", "no event \"none\" of tenant default");
        assertThat(run("why").status()).isEqualTo(2);
        assertThat(run("why", "--event", "").status()).isEqualTo(2);
        assertThat(run("why", "--event", "x", "--tenant", "_system").status()).isEqualTo(2);
        assertThat(run("why", "--event", "x", "--verbose").status()).isEqualTo(2);
        CommandRun scope = run("tail", "--scope", "orders/*");
        assertThat(scope.status()).isEqualTo(2);
        assertThat(scope.err()).hasLineCount(1).contains("scope: orders/*: must begin with");
        assertThat(run("tail", "--count", "0").status()).isEqualTo(2);
        TestCluster.broadcast(cluster.node(1), "{\"id\":\"json-1\",\"scope\":\"topic:json\",\"data\":\"x\"}");
        JsonNode json = new ObjectMapper()
                .readTree(run("why", "--event", "json-1", "--json").out());
        assertThat(json.path("event").path("id").asText()).isEqualTo("json-1");
    }

    @Test
    void node_of_the_cluster_that_does_not_answer_is_named_and_the_others_are_judged() {
        try (Node _ = Node.start(
                        TestCluster.config("lost", "memory://why-command", Map.of("advertise", "127.0.0.1:1")));
                SseClient client = SseClient.open(cluster.node(1).port(), "/events?topic=partly")
                        .opened()) {
            TestCluster.broadcast(cluster.node(0), "{\"id\":\"partly\",\"scope\":\"topic:partly\",\"data\":\"x\"}");
            client.awaitData("x");

            CommandRun asked = run("why", "--event", "partly", "--client", client.opening("context"));

            assertThat(asked.out()).contains("verdict: written");
            assertThat(asked.err()).contains("incomplete: nodes that did not answer: lost");
            assertThat(asked.status()).isEqualTo(1);
        }
    }

    @Test
    void tail_prints_events_as_text_and_as_json() throws Exception {
        CompletableFuture<CommandRun> text = CompletableFuture.supplyAsync(
                () -> run("tail", "--scope", "topic:tail/*", "--scope", "user:*", "--count", "2"));
        CompletableFuture<CommandRun> json =
                CompletableFuture.supplyAsync(() -> run("tail", "--tenant", "default", "--count", "2", "--json"));
        await().until(() -> {
            TestCluster.broadcast(
                    cluster.node(1), "{\"scope\":\"topic:tail/1\",\"type\":\"order\",\"data\":\"line\\nbreak\"}");
            TestCluster.broadcast(cluster.node(1), "{\"scope\":\"user:ann\",\"data\":\"secret\"}");
            return text.isDone() && json.isDone();
        });

        assertThat(text.join().status()).isZero();
        assertThat(text.join().out())
                .containsPattern("(?m)^\\S+Z topic:tail/1 order urn:uuid:\\S+ line\\?break$")
                .containsPattern("(?m)^\\S+Z user:ann - urn:uuid:\\S+ \\(private, 6 bytes\\)$")
                .doesNotContain("secret");
        assertThat(json.join().status()).isZero();
        for (String line : json.join().out().lines().toList()) {
            assertThat(new ObjectMapper().readTree(line).has("id")).isTrue();
        }
    }

    @Test
    void node_that_does_not_answer_fails() {
        for (String command : List.of("tail", "why")) {
            List<String> words = new ArrayList<>(List.of(command, "--url", "http://127.0.0.1:1"));
            if (command.equals("why")) {
                words.addAll(List.of("--event", "x"));
            }
            CommandRun run = CommandRun.of(
                    Map.of("CARILLON_OPERATOR_TOKEN", TestCluster.OPERATOR), "", words.toArray(String[]::new));
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.err()).contains("cannot connect to http://127.0.0.1:1/");
        }
    }
}
