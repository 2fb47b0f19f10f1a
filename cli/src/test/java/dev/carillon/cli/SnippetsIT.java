package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.base.Platform;
import dev.carillon.cli.token.TokenCheck;
import dev.carillon.containers.Servers;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The programs of {@code examples/snippets} as processes, at nodes that fail and at a server that answers as it is told. */
@Tag("full")
@Tag("process")
@Tag("redis")
@Tag("clients")
class SnippetsIT {
    private static final String ANOTHER_KEY =
            "another key, which has more than the 64 bytes of a block of SHA-256 and is hashed";
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);
    private static final Duration RETRY = Duration.ofMillis(1_200);

    @TempDir
    private static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static TestServer redis;

    @SuppressWarnings("NullAway.Init")
    private static NodeProcesses nodes;

    @BeforeAll
    static void start() {
        redis = Servers.redis();
        nodes = new NodeProcesses(2, redis.address(), Map.of("CARILLON_HEARTBEAT", "1s"));
    }

    @AfterAll
    static void stop() {
        nodes.close();
        redis.close();
    }

    @ParameterizedTest
    @EnumSource
    void token_has_the_claims_of_the_page_and_is_accepted(SnippetLanguage language) throws Exception {
        assumeThat(language.executable()).as(language.title()).isPresent();
        Path file = Files.writeString(folder.resolve("jwt.key"), TestCluster.KEY + "\n");

        String byFile = token(language, Map.of("CARILLON_JWT_KEY_FILE", file.toString()));
        String byVariable = token(language, Map.of("CARILLON_JWT_KEY", ANOTHER_KEY));
        ChildProcess.Ended none = run(language, Map.of("CARILLON_JWT_KEY", "too short"), "token", "ann");

        for (Map.Entry<String, String> made :
                Map.of(byFile, TestCluster.KEY, byVariable, ANOTHER_KEY).entrySet()) {
            TokenCheck.Result result = TokenCheck.of(
                    made.getKey(), JwtConfig.of("HS256", made.getValue(), false), "HS256", Platform.system());
            assertThat(result.accepted()).as(result.lines().toString()).isTrue();
            assertThat(result.lines()).noneMatch(line -> line.startsWith("note"));
        }
        JsonNode claims = new ObjectMapper()
                .readTree(
                        new String(Base64.getUrlDecoder().decode(byFile.split("\\.", -1)[1]), StandardCharsets.UTF_8));
        assertThat(claims.path("sub").asText()).isEqualTo("ann");
        assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isEqualTo(3_600);
        assertThat(claims.path("carillon"))
                .isEqualTo(
                        new ObjectMapper().readTree("{\"broadcast\":[\"topic:orders\"],\"read\":[\"topic:orders\"]}"));
        assertThat(none.status()).isNotZero();
        assertThat(none.err()).contains("at least 32 bytes").doesNotContain("too short");
    }

    @ParameterizedTest
    @EnumSource
    void listener_has_each_event_once_in_order_while_its_node_is_killed_and_while_it_is_silent(SnippetLanguage language)
            throws Exception {
        assumeThat(language.executable()).as(language.title()).isPresent();
        String token = token(language, Map.of("CARILLON_JWT_KEY", TestCluster.KEY));
        Map<String, String> first = variables(nodes.addresses().get(0), token);
        Map<String, String> second = variables(nodes.addresses().get(1), token);
        List<String> expected = new ArrayList<>();
        try (ChildProcess listener = start(language, first, "listen", "orders")) {
            await().until(() -> nodes.streams() == 1);
            broadcast(language, first, "{\"id\":7,\"text\":\"a \\\"quoted\\\" word, a \\\\ and é\"}", expected);
            await().untilAsserted(() -> assertThat(listener.out().lines()).isEqualTo(expected));

            nodes.kill(0);
            broadcast(language, second, "while the node is not there", expected);
            nodes.start(0);
            broadcast(language, second, "when it is there again", expected);
            await().untilAsserted(() -> assertThat(listener.out().lines()).isEqualTo(expected));

            ProcessHandle node = ProcessHandle.of(nodes.pid(0)).orElseThrow();
            ChildProcess.signal(node, "STOP");
            try {
                await().until(() -> listener.err().matches("(?s).*no (byte|line) for 3(\\.0)? ?s.*"));
                broadcast(language, second, "while it is silent", expected);
            } finally {
                ChildProcess.signal(node, "CONT");
            }
            await().untilAsserted(() -> assertThat(listener.out().lines()).isEqualTo(expected));
            assertThat(listener.err()).doesNotContain("events are missing");
        }
        await().until(() -> nodes.streams() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void wrong_key_ends_both_with_the_reason(SnippetLanguage language) throws Exception {
        assumeThat(language.executable()).as(language.title()).isPresent();
        Map<String, String> variables =
                variables(nodes.addresses().get(1), token(language, Map.of("CARILLON_JWT_KEY", ANOTHER_KEY)));

        ChildProcess.Ended listened = run(language, variables, "listen", "orders");
        ChildProcess.Ended broadcast = run(language, variables, "broadcast", "topic:orders", "order", "x");

        for (ChildProcess.Ended ended : List.of(listened, broadcast)) {
            assertThat(ended.status()).isNotZero();
            assertThat(ended.err()).contains("401", "token-invalid", "signature does not match");
            assertThat(ended.out()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void listener_waits_as_long_as_it_is_told_and_resumes_after_the_last_whole_event(SnippetLanguage language)
            throws Exception {
        assumeThat(language.executable()).as(language.title()).isPresent();
        try (ScriptedServer server = new ScriptedServer(
                ScriptedServer.Answer.of(503, "{\"code\":\"overloaded\"}")
                        .with("Retry-After", Long.toString(RETRY_AFTER.toSeconds())),
                ScriptedServer.Answer.of(
                        200,
                        "retry: " + RETRY.toMillis() + "\n\n: a comment\n\nevent: carillon.open\nid: one\ndata: {}\n\n"
                                + "event: order\nid: two\ndata: first\ndata: second\n\n"
                                + "event: carillon.gap\ndata: {\"reason\":\"history\"}\n\nid: three\ndata: cut"),
                ScriptedServer.Answer.of(200, "data: plain\r\n\r\n"),
                ScriptedServer.Answer.of(403, "{\"code\":\"not-granted\"}"))) {
            ChildProcess.Ended ended = run(
                    language,
                    Map.of("CARILLON_URL", server.address().toString(), "CARILLON_TOKEN", "t"),
                    "listen",
                    "a b&é");

            assertThat(ended.err())
                    .contains("events are missing", "{\"reason\":\"history\"}", "refused: 403", "not-granted");
            assertThat(ended.status()).isNotZero();
            assertThat(ended.out().lines()).containsExactly("order first", "second", "message plain");
            List<ScriptedServer.Request> requests = server.requests();
            assertThat(requests).hasSize(4);
            assertThat(requests.get(0).query()).isEqualTo("topic=a b&é");
            assertThat(requests)
                    .allMatch(request -> request.header("Authorization").equals("Bearer t"));
            assertThat(requests.stream().map(request -> request.header("Last-Event-ID")))
                    .containsExactly("", "", "two", "two");
            assertThat(requests.get(1).since(requests.get(0))).isGreaterThanOrEqualTo(RETRY_AFTER);
            assertThat(requests.get(2).since(requests.get(1))).isGreaterThanOrEqualTo(RETRY);
            assertThat(requests.get(3).since(requests.get(2))).isGreaterThanOrEqualTo(RETRY);
        }
    }

    @ParameterizedTest
    @EnumSource
    void broadcast_is_repeated_with_the_same_key_until_it_is_accepted(SnippetLanguage language) throws Exception {
        assumeThat(language.executable()).as(language.title()).isPresent();
        try (ScriptedServer server = new ScriptedServer(
                ScriptedServer.Answer.of(429, "{\"code\":\"rate-limited\"}")
                        .with("Retry-After", Long.toString(RETRY_AFTER.toSeconds())),
                ScriptedServer.Answer.none(),
                ScriptedServer.Answer.of(503, "{\"code\":\"draining\"}"),
                ScriptedServer.Answer.of(200, "{\"id\":\"seven\"}"),
                ScriptedServer.Answer.of(409, "{\"code\":\"id-conflict\"}"))) {
            Map<String, String> variables = variables(server.address(), "t");
            String data = "a \"quoted\" word, a \\ and é";
            ChildProcess.Ended ended = run(language, variables, "broadcast", "topic:orders", "order", data);
            ChildProcess.Ended refused = run(language, variables, "broadcast", "topic:orders", "order", data);

            assertThat(ended.out().strip()).isEqualTo("{\"id\":\"seven\"}");
            assertThat(ended.status()).isZero();
            assertThat(refused.err()).contains("409", "id-conflict");
            assertThat(refused.status()).isNotZero();
            List<ScriptedServer.Request> requests = server.requests();
            assertThat(requests).hasSize(5);
            assertThat(requests.subList(0, 4).stream()
                            .map(request -> request.header("Idempotency-Key"))
                            .distinct())
                    .singleElement()
                    .isNotEqualTo(requests.get(4).header("Idempotency-Key"))
                    .isNotEqualTo("");
            JsonNode body = new ObjectMapper()
                    .createObjectNode()
                    .put("scope", "topic:orders")
                    .put("type", "order")
                    .put("data", data);
            assertThat(requests).allSatisfy(request -> {
                assertThat(new ObjectMapper().readTree(request.body())).isEqualTo(body);
                assertThat(request.header("Content-Type")).startsWith("application/json");
                assertThat(request.header("Authorization")).isEqualTo("Bearer t");
            });
            assertThat(requests.get(1).since(requests.get(0))).isGreaterThanOrEqualTo(RETRY_AFTER);
        }
    }

    private static Map<String, String> variables(URI url, String token) {
        return Map.of("CARILLON_URL", url.toString(), "CARILLON_TOKEN", token, "HEARTBEAT", "1");
    }

    private static String token(SnippetLanguage language, Map<String, String> variables) throws Exception {
        ChildProcess.Ended ended = run(language, variables, "token", "ann");
        assertThat(ended.status()).as(ended.err()).isZero();
        assertThat(ended.err()).isEmpty();
        return ended.out().strip();
    }

    private static void broadcast(
            SnippetLanguage language, Map<String, String> variables, String data, List<String> expected)
            throws Exception {
        ChildProcess.Ended ended = run(language, variables, "broadcast", "topic:orders", "order", data);
        assertThat(ended.status()).as(ended.err()).isZero();
        assertThat(ended.out()).startsWith("{\"id\":");
        expected.add("order " + data);
    }

    private static ChildProcess.Ended run(
            SnippetLanguage language, Map<String, String> variables, String program, String... arguments)
            throws IOException, InterruptedException {
        return command(language, variables, program, arguments).run(Patience.LIMIT);
    }

    private static ChildProcess start(
            SnippetLanguage language, Map<String, String> variables, String program, String... arguments)
            throws IOException, InterruptedException {
        return command(language, variables, program, arguments).start();
    }

    private static ChildProcess.Builder command(
            SnippetLanguage language, Map<String, String> variables, String program, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(language.command(folder, program));
        command.addAll(List.of(arguments));
        return ChildProcess.of(command).environment(all -> {
            all.keySet().removeIf(Commands::isSetting);
            all.put("LC_ALL", "C.UTF-8");
            all.putAll(variables);
        });
    }
}
