package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.carillon.node.Hub;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.SseClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Operators list and close the connections of two nodes by the command. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConnectionsCommandIT {
    @SuppressWarnings("NullAway.Init")
    private TestCluster cluster;

    @BeforeAll
    void start() {
        cluster = new TestCluster("memory://connections-command", 2, Map.of());
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    private CommandRun connections(String... options) {
        return run("http://127.0.0.1:" + cluster.node(0).adminPort(), TestCluster.OPERATOR, options);
    }

    private static CommandRun run(String url, String token, String... options) {
        List<String> command = new ArrayList<>(List.of("connections", "--url", url));
        command.addAll(List.of(options));
        return CommandRun.of(Map.of("CARILLON_OPERATOR_TOKEN", token), "", command.toArray(String[]::new));
    }

    private SseClient stream(int node, String target, String user, String tenant) {
        return SseClient.open(cluster.node(node).port(), target, Hub.bearer(TestCluster.tokenOf(user, tenant)))
                .opened();
    }

    @Test
    void connections_of_both_nodes_are_listed_by_each_criterion() {
        try (SseClient one = stream(0, "/events?topic=orders&label=case-7", "lea", "default");
                SseClient other = stream(1, "/events?topic=orders", "lea", "acme")) {
            CommandRun all = connections("--user", "lea");

            assertThat(all.err()).isEmpty();
            assertThat(all.status()).isZero();
            List<String> lines = all.out().lines().toList();
            assertThat(lines).hasSize(4);
            assertThat(lines.getFirst())
                    .matches("node +transport +tenant +user +label +since +address +context +scopes");
            assertThat(lines)
                    .anySatisfy(line -> assertThat(line)
                            .startsWith(cluster.node(0).id() + " ")
                            .containsPattern(
                                    " events +default +lea +case-7 +\\S+Z +127\\.0\\.0\\.1 +" + one.opening("context"))
                            .contains("topic:orders"))
                    .anySatisfy(line -> assertThat(line)
                            .startsWith(cluster.node(1).id() + " ")
                            .containsPattern(" events +acme +lea +- "));
            assertThat(lines.getLast()).isEqualTo("2 connections");
            for (List<String> criterion : List.of(
                    List.of("--tenant", "default"),
                    List.of("--label", "case-7"),
                    List.of("--session", one.opening("session")),
                    List.of("--context", one.opening("context")),
                    List.of("--scope", "tab:" + one.opening("context")))) {
                List<String> options = new ArrayList<>(List.of("--user", "lea"));
                options.addAll(criterion);
                assertThat(connections(options.toArray(String[]::new)).out())
                        .as(criterion.toString())
                        .contains(one.opening("context"))
                        .doesNotContain(other.opening("context"))
                        .endsWith("\n1 connection\n");
            }
            assertThat(connections("--scope", "topic:orders", "--user", "lea", "--json")
                            .out())
                    .startsWith("{\"matching\":2,\"truncated\":false,\"connections\":[{\"node\":");
            assertThat(connections("--user", "no one").out()).isEqualTo("0 connections\n");
        }
    }

    @Test
    void a_list_that_is_cut_says_so() {
        try (SseClient one = stream(0, "/events", "max", "default");
                SseClient other = stream(0, "/events", "max", "default")) {
            assertThat(connections("--user", "max", "--limit", "1").out())
                    .endsWith("\n1 of 2 connections; give more criteria to see the others\n");
            assertThat(List.of(one.hasEnded(), other.hasEnded())).containsOnly(false);
        }
    }

    @Test
    void connections_that_match_are_closed_with_the_message_and_no_others() {
        try (SseClient closed = stream(1, "/events", "eve", "default");
                SseClient kept = stream(1, "/events", "ada", "default")) {
            CommandRun run = connections("--user", "eve", "--close", "--message", "good bye & thanks");

            assertThat(run).isEqualTo(new CommandRun(0, "closed 1 connection\n", ""));
            await().until(closed::hasEnded);
            assertThat(closed.all())
                    .anySatisfy(event -> assertThat(event.data()).isEqualTo("{\"message\":\"good bye & thanks\"}"));
            assertThat(kept.hasEnded()).isFalse();
        }
    }

    @Test
    void a_refusal_is_one_line_with_its_code_and_without_the_token() {
        String wrong = "another-token-of-operators-that-is-wrong";
        CommandRun run = run("http://127.0.0.1:" + cluster.node(0).adminPort(), wrong);

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("carillon: http://127.0.0.1:")
                .contains(" answered 401: token-invalid: ")
                .doesNotContain(wrong)
                .hasLineCount(1);
        assertThat(run("http://127.0.0.1:1", TestCluster.OPERATOR).err())
                .isEqualTo(
                        "carillon: cannot connect to http://127.0.0.1:1/: start the node, or set --url to its admin port\n");
        assertThat(run("http://127.0.0.1:" + cluster.node(0).port(), TestCluster.OPERATOR)
                        .err())
                .contains(" answered 404: not-found: ");
    }

    @Test
    void an_incomplete_list_is_printed_and_the_missing_nodes_are_named() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        String[] answer = {
            "{\"matching\":0,\"connections\":[],\"registry\":\"read\",\"unreachable\":[{\"node\":\"n2\"}]}"
        };
        server.createContext("/", exchange -> {
            byte[] body = answer[0].getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            String url = "http://127.0.0.1:" + server.getAddress().getPort();
            assertThat(run(url, TestCluster.OPERATOR))
                    .isEqualTo(new CommandRun(
                            1, "0 connections\n", "carillon: incomplete: nodes that did not answer: n2\n"));
            answer[0] = "{\"closed\":2,\"registry\":\"unavailable\",\"unreachable\":[]}";
            assertThat(run(url, TestCluster.OPERATOR, "--close", "--user", "ann"))
                    .isEqualTo(
                            new CommandRun(
                                    1,
                                    "closed 2 connections\n",
                                    "carillon: incomplete: the list of nodes cannot be read now; only the nodes known before were asked\n"));
            answer[0] = "<html>";
            assertThat(run(url, TestCluster.OPERATOR).err())
                    .contains(" is not the admin port of a node: it answered 200: <html>");
        } finally {
            server.stop(0);
        }
    }
}
