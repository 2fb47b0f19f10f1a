package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.lab.cluster.ListenAddresses;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Patience;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The log of a node: format, levels, and a reader that does not read. */
@Tag("process")
class LogIT {
    private static final String DROPPED = "carillon_log_lines_dropped_total ";
    /** Their lines in the access log are more than a pipe and the queue hold. */
    private static final int REQUESTS = 12_000;

    private static final int PIPELINED = 100;

    private static CommandProcess node(boolean read, Map<String, String> settings) {
        Map<String, String> variables = new HashMap<>(Map.of(
                "CARILLON_JWT_KEY",
                TestCluster.KEY,
                "CARILLON_ANONYMOUS",
                "true",
                "CARILLON_OPERATOR_TOKEN",
                TestCluster.OPERATOR,
                "CARILLON_REQUESTS_PER_ADDRESS",
                "0"));
        variables.putAll(settings);
        String[] command = {"serve", "--port", "0", "--admin-port", "0", "--internal-port", "0", "--access-log"};
        return read ? CommandProcess.start(variables, command) : CommandProcess.startUnread(variables, command);
    }

    private static ListenAddresses addresses(CommandProcess node) {
        return ListenAddresses.parse(node.awaitLine("(carillon: node .*)").group(1))
                .orElseThrow();
    }

    @Test
    @Tag("full")
    void no_thread_of_a_node_waits_for_the_reader_of_standard_error() throws IOException {
        try (CommandProcess node = node(false, Map.of())) {
            ListenAddresses at = addresses(node);
            try (Socket stream = new Socket(InetAddress.getLoopbackAddress(), at.port())) {
                stream.setSoTimeout(Patience.LIMIT_MILLIS);
                send(stream, "GET /events?topic=a HTTP/1.1\r\nHost: a\r\n\r\n");
                BufferedReader lines = reader(stream);
                awaitLine(lines, "event: carillon.open");

                sendRequests(at.port());

                assertThat(dropped(at)).isPositive();
                broadcast(at);
                awaitLine(lines, "data: while the log is not read");
            }
            assertThat(node.err()).isEmpty();

            node.readErrors();
            node.awaitErrLine(".* WARN .*log lines were dropped: standard error was not read fast enough"
                    + " lines=\"[0-9]{3,}\"");
            node.terminate();
            assertThat(node.status()).isZero();
            assertThat(node.err().getLast()).as("the end of the log is written").contains("stopping");
        }
    }

    private static void sendRequests(int port) throws IOException {
        try (Socket requests = new Socket(InetAddress.getLoopbackAddress(), port)) {
            requests.setSoTimeout(Patience.LIMIT_MILLIS);
            BufferedReader answers = reader(requests);
            String some = "GET /_health HTTP/1.1\r\nHost: a\r\n\r\n".repeat(PIPELINED);
            for (int i = 0; i < REQUESTS / PIPELINED; i++) {
                send(requests, some);
                for (int answered = 0; answered < PIPELINED; answered++) {
                    awaitLine(answers, "HTTP/1.1 200 OK");
                }
            }
        }
    }

    private static void broadcast(ListenAddresses at) {
        HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(URI.create(at.url() + "/broadcast"))
                .header("Authorization", "Bearer " + TestCluster.token())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"scope\":\"topic:a\",\"data\":\"while the log is not read\"}"))
                .build());
        assertThat(answer.statusCode()).isEqualTo(200);
    }

    private static double dropped(ListenAddresses at) {
        return TestCluster.get(at.adminPort(), "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(DROPPED))
                .mapToDouble(line -> Double.parseDouble(line.substring(DROPPED.length())))
                .findFirst()
                .orElseThrow();
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Bodies of health checks have no line end. */
    private static void awaitLine(BufferedReader lines, String line) throws IOException {
        while (!Objects.requireNonNull(lines.readLine(), "the connection ended").endsWith(line)) {
            // Another line.
        }
    }

    @Test
    void lines_have_date_and_zone() {
        try (CommandProcess node = node(true, Map.of())) {
            addresses(node);
            node.awaitErrLine(".* INFO +dev\\.carillon\\.node\\.Node serving node=.*");

            assertThat(node.err()).allSatisfy(line -> OffsetDateTime.parse(line.substring(0, line.indexOf(' '))));
        }
    }

    @Test
    void every_line_is_an_object_with_json_and_names_no_token() {
        try (CommandProcess node = node(true, Map.of("CARILLON_LOG_FORMAT", "json"))) {
            ListenAddresses at = addresses(node);
            TestCluster.get(at.port(), "/history?scope=topic:a&authorization=SECRET");
            await().until(() -> node.err().stream().anyMatch(line -> line.contains("\"carillon.access\"")));
            await().until(() -> node.err().stream().anyMatch(line -> line.contains("token refused")));

            List<JsonNode> lines = node.err().stream().map(LogIT::json).toList();
            assertThat(lines).allSatisfy(line -> {
                OffsetDateTime.parse(line.get("time").asText());
                assertThat(line.get("level").asText()).matches("INFO|WARN");
                assertThat(List.of("logger", "thread", "message")).allMatch(line::hasNonNull);
            });
            assertThat(lines)
                    .anySatisfy(line -> assertThat(line.path("status").asInt()).isEqualTo(401));
            assertThat(node.err()).noneMatch(line -> line.contains("SECRET"));
        }
    }

    private static JsonNode json(String line) {
        try {
            return new ObjectMapper().readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError(line, e);
        }
    }

    @Test
    void level_is_a_setting_and_can_be_set_at_run_time() {
        try (CommandProcess node = node(true, Map.of("CARILLON_LOG_LEVEL", "error"))) {
            ListenAddresses at = addresses(node);
            assertThat(level(at, "GET", "").body()).isEqualTo("{\"logger\":\"dev.carillon\",\"level\":\"error\"}");
            TestCluster.get(at.port(), "/history?scope=topic:a&authorization=no-token-at-all");

            assertThat(level(at, "POST", "?level=warn").body())
                    .isEqualTo("{\"logger\":\"dev.carillon\",\"level\":\"warn\"}");
            // Another reason, as each is logged once in some time.
            TestCluster.get(
                    at.port(), "/history?scope=topic:a&authorization=" + withAnotherSignature(TestCluster.token()));
            node.awaitErrLine(".* token refused .*");
            level(at, "POST", "?level=debug&logger=dev.carillon.jwt");
            assertThat(level(at, "GET", "?logger=dev.carillon.jwt.RefusalLog").body())
                    .contains("debug");

            assertThat(node.err())
                    .filteredOn(line -> !line.contains("carillon.access"))
                    .satisfiesExactly(
                            line -> assertThat(line).contains("an operator set the level of the log"),
                            line -> assertThat(line).contains("token refused"),
                            line -> assertThat(line).contains("an operator set the level of the log"));
        }
    }

    private static String withAnotherSignature(String token) {
        int at = token.length() - 10;
        return token.substring(0, at) + (token.charAt(at) == 'A' ? 'B' : 'A') + token.substring(at + 1);
    }

    @Test
    void levels_and_loggers_that_do_not_exist_are_refused() {
        try (CommandProcess node = node(true, Map.of())) {
            ListenAddresses at = addresses(node);

            assertThat(level(at, "POST", "?level=loud").body())
                    .contains("parameter level: must be one of error, warn, info, debug, trace");
            assertThat(level(at, "POST", "?level=debug&logger=io.undertow").statusCode())
                    .isEqualTo(400);
            assertThat(level(at, "POST", "?level=debug&logger=dev.carillon.none")
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    private static HttpResponse<String> level(ListenAddresses at, String method, String query) {
        return TestCluster.send(HttpRequest.newBuilder(URI.create(at.adminUrl() + "/admin/log-level" + query))
                .header("Authorization", "Bearer " + TestCluster.OPERATOR)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build());
    }
}
