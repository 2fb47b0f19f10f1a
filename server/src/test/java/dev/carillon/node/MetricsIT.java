package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class MetricsIT {
    private static final Path PAGE = Path.of("../docs/metrics.md");
    private static final Pattern HELP = Pattern.compile("# HELP (carillon_\\S+) ?(.*)");
    private static final Pattern DOCUMENTED = Pattern.compile("(?m)^\\| `(carillon_[a-z_]+)(?:\\{[^}]*})?` \\|");

    /** Tested with the module of live pages. */
    private static final Pattern LIVE_PAGES = Pattern.compile("(?s)\n## Live pages\n.*?(?=\n## )");

    /** Never asked: the tokens are JWTs. */
    @SuppressWarnings("NullAway.Init")
    private static TestApplication application;

    @SuppressWarnings("NullAway.Init")
    private static TestCluster cluster;

    @BeforeAll
    static void start() {
        application = new TestApplication(question -> "");
        Map<String, String> settings = new HashMap<>(application.settings());
        settings.put("scope-policies", "topic:room=10/1m/presence");
        settings.put("webhook-url", "http://127.0.0.1:9/");
        settings.put("webhook-secret", "a secret of the tests");
        settings.put("source", "test://example?queue=orders");
        cluster = new TestCluster("memory://metrics", 2, settings);
    }

    @AfterAll
    static void stop() {
        cluster.close();
        application.close();
    }

    @Test
    void every_metric_has_a_description() {
        assertThat(help())
                .isNotEmpty()
                .allSatisfy((name, text) -> assertThat(text).as(name).isNotBlank());
    }

    @Test
    void every_metric_is_in_the_table_and_the_table_has_no_other() throws IOException {
        Set<String> documented = DOCUMENTED
                .matcher(LIVE_PAGES.matcher(Files.readString(PAGE)).replaceFirst(""))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));

        // Exist once a call to another node, or a request, has ended.
        TestCluster.get(cluster.node(0).adminPort(), "/_health/cluster");
        TestCluster.get(cluster.node(0).port(), "/_health");
        await().untilAsserted(() -> assertThat(help().keySet()).containsExactlyInAnyOrderElementsOf(documented));
    }

    @Test
    void outcome_of_an_accepted_broadcast_is_counted() throws Exception {
        Node node = cluster.node(0);
        String metric = "carillon_broadcasts_total{outcome=\"accepted\"}";
        double before = TestCluster.metric(node, metric);

        node.broadcaster()
                .broadcast(Event.to(Scope.topic("metrics")).data("x").build())
                .toCompletableFuture()
                .get();

        assertThat(TestCluster.metric(node, metric)).isEqualTo(before + 1);
    }

    @Test
    void time_of_delivery_is_recorded_for_each_io_thread_and_not_for_each_stream() throws Exception {
        try (TestCluster two = new TestCluster("memory://times", 1, Map.of("io-threads", "2"));
                WebClient client = new WebClient(HttpClient.Version.HTTP_1_1, null)) {
            Node node = two.node(0);
            List<WebClient.Stream> streams = IntStream.range(0, 20)
                    .mapToObj(i -> client.open(node, "/events?topic=a"))
                    .toList();
            for (int i = 0; i < 3; i++) {
                TestCluster.broadcast(node, "{\"scope\":\"topic:a\",\"data\":\"" + i + "\"}");
                TestCluster.broadcast(node, "{\"scope\":\"topic:without-streams\",\"data\":\"x\"}");
            }
            streams.forEach(stream -> stream.await("data: 2"));

            assertThat(TestCluster.metric(node, "carillon_events_delivered_total"))
                    .isEqualTo(60);
            await().untilAsserted(() -> assertThat(TestCluster.metric(node, "carillon_delivery_seconds_count"))
                    .isBetween(3.0, 6.0));
        }
    }

    @Test
    void build_info_names_the_version() {
        String version = TestCluster.get(cluster.node(0).adminPort(), "/health")
                .body()
                .replaceAll(".*\"version\":\"([^\"]*)\".*", "$1");

        assertThat(TestCluster.get(cluster.node(0).adminPort(), "/metrics").body())
                .contains("carillon_build_info{java=\"" + Runtime.version() + "\",version=\"" + version + "\"} 1");
    }

    private static Map<String, String> help() {
        return TestCluster.get(cluster.node(0).adminPort(), "/metrics")
                .body()
                .lines()
                .map(HELP::matcher)
                .filter(line -> line.matches())
                .collect(Collectors.toMap(line -> line.group(1), line -> line.group(2)));
    }
}
