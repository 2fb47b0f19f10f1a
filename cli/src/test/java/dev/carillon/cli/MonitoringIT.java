package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.containers.Servers;
import dev.carillon.lab.cluster.ListenAddresses;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.PrometheusServer;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Alert rules and board, with Prometheus. */
@Tag("process")
@Tag("prometheus")
class MonitoringIT {
    private static final String PROMTOOL = Objects.requireNonNullElse(System.getenv("PROMTOOL"), "promtool");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void rules_are_valid_and_every_alert_fires_in_its_test() throws IOException, InterruptedException {
        for (List<String> arguments : List.of(
                List.of("check", "rules", Board.RULES.toString()),
                List.of(
                        "check",
                        "config",
                        "--syntax-only",
                        Board.FOLDER.resolve("prometheus.yml").toString()),
                List.of("test", "rules", Board.TESTS.toString()))) {
            ChildProcess.Ended ended = ChildProcess.of(Stream.concat(Stream.of(PROMTOOL), arguments.stream())
                            .toList())
                    .run(Patience.LIMIT);
            assertThat(ended.status()).as(ended.out() + ended.err()).isZero();
        }
    }

    @Test
    @Tag("redis")
    void every_query_of_the_board_has_data_of_real_nodes() throws IOException {
        try (TestServer redis = Servers.redis();
                CommandProcess one = node("n1", redis);
                CommandProcess two = node("n2", redis)) {
            List<ListenAddresses> nodes =
                    Stream.of(one, two).map(MonitoringIT::addresses).toList();
            try (CommandProcess proxy = CommandProcess.start(Map.of(), proxy(nodes));
                    PrometheusServer prometheus = new PrometheusServer(config(
                            nodes,
                            proxy.awaitLine("metrics at http://127.0.0.1:(\\d+)")
                                    .group(1)));
                    BrowserStreams _ = new BrowserStreams(nodes)) {
                Map<String, String> without = new LinkedHashMap<>();
                Board.queries().forEach(query -> without.put(query, "not asked"));

                // Each round asks some thirty queries, and Prometheus has new values once a second.
                await().pollInterval(Duration.ofSeconds(1)).untilAsserted(() -> {
                    traffic(nodes);
                    without.replaceAll((query, before) -> before.isEmpty() ? "" : missing(prometheus, query));
                    assertThat(without.entrySet().stream()
                                    .filter(query -> !query.getValue().isEmpty()))
                            .isEmpty();
                });

                assertThat(without).hasSizeGreaterThan(30);
                assertRulesAreEvaluated(prometheus);
            }
        }
    }

    private static CommandProcess node(String id, TestServer redis) {
        return CommandProcess.start(
                Map.of(
                        "CARILLON_BROKER",
                        redis.address(),
                        "CARILLON_JWT_KEY",
                        TestCluster.KEY,
                        "CARILLON_SECRET",
                        TestCluster.SECRET,
                        "CARILLON_ANONYMOUS",
                        "true"),
                "serve",
                "--node-id",
                id,
                "--port",
                "0",
                "--admin-port",
                "0",
                "--internal-port",
                "0");
    }

    private static String[] proxy(List<ListenAddresses> nodes) {
        return new String[] {
            "proxy",
            "--port",
            "0",
            "--admin-port",
            "0",
            "--node",
            nodes.stream().map(ListenAddresses::url).collect(Collectors.joining(","))
        };
    }

    private static ListenAddresses addresses(CommandProcess node) {
        return ListenAddresses.parse(node.awaitLine("(carillon: node .*)").group(1))
                .orElseThrow();
    }

    /** The example of the release, with a short interval and these nodes. */
    private Path config(List<ListenAddresses> nodes, String proxyPort) throws IOException {
        String targets = nodes.stream()
                .map(node -> "'127.0.0.1:" + node.adminPort() + "'")
                .collect(Collectors.joining(", ", "[", "]"));
        String example = Files.readString(Board.FOLDER.resolve("prometheus.yml"));
        String config = example.replaceFirst("(?m)targets: \\['n1.*$", "targets: " + targets)
                .replaceFirst("(?m)targets: \\['p1.*$", "targets: ['127.0.0.1:" + proxyPort + "']")
                .replace("scrape_interval: 15s", "scrape_interval: 1s")
                .replace("  - prometheus-rules.yml", "  - " + Board.RULES)
                .concat("global:\n  evaluation_interval: 1s\n");
        assertThat(config).contains(targets, proxyPort, "1s", Board.RULES.toString());
        return Files.writeString(dir.resolve("prometheus.yml"), config);
    }

    /** A stream at each node. */
    private static final class BrowserStreams implements AutoCloseable {
        private final List<Socket> sockets = new ArrayList<>();

        BrowserStreams(List<ListenAddresses> nodes) throws IOException {
            for (ListenAddresses node : nodes) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port());
                sockets.add(socket);
                socket.getOutputStream()
                        .write("GET /events?topic=a HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
        }

        @Override
        public void close() throws IOException {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    private static void traffic(List<ListenAddresses> nodes) {
        for (ListenAddresses node : nodes) {
            TestCluster.get(node.adminPort(), "/_health/cluster");
            for (String token : List.of(TestCluster.token(), "no token")) {
                TestCluster.send(HttpRequest.newBuilder(URI.create(node.url() + "/broadcast"))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"scope\":\"topic:a\",\"data\":\"x\"}"))
                        .build());
            }
        }
    }

    /** Why a query has no data; empty: it has a number. */
    private static String missing(PrometheusServer prometheus, String query) {
        String asked = query.replace("$instance", ".+").replace("$__rate_interval", "10s");
        assertThat(asked).doesNotContain("$");
        JsonNode answer = ask(prometheus, "/api/v1/query?query=" + URLEncoder.encode(asked, StandardCharsets.UTF_8));
        if (!answer.path("status").asText().equals("success")) {
            throw new AssertionError(asked + ": " + answer);
        }
        return StreamSupport.stream(answer.at("/data/result").spliterator(), false)
                        .anyMatch(series -> !series.at("/value/1").asText().equals("NaN"))
                ? ""
                : answer.toString();
    }

    private static void assertRulesAreEvaluated(PrometheusServer prometheus) {
        await().untilAsserted(() -> assertThat(ask(prometheus, "/api/v1/rules").findValuesAsText("health"))
                .hasSizeGreaterThan(10)
                .containsOnly("ok"));
    }

    private static JsonNode ask(PrometheusServer prometheus, String path) {
        try {
            return new ObjectMapper()
                    .readTree(TestCluster.get(prometheus.port(), path).body());
        } catch (JsonProcessingException e) {
            throw new AssertionError(path, e);
        }
    }
}
