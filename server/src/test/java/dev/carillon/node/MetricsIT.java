package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class MetricsIT {
    private static final Path PAGE = Path.of("../docs/metrics.md");
    private static final Pattern HELP = Pattern.compile("# HELP (carillon_\\S+) ?(.*)");
    private static final Pattern DOCUMENTED = Pattern.compile("(?m)^\\| `(carillon_[a-z_]+)(?:\\{[^}]*})?` \\|");

    @SuppressWarnings("NullAway.Init")
    private static TestCluster cluster;

    @BeforeAll
    static void start() {
        cluster = new TestCluster("memory://metrics", 2, Map.of());
    }

    @AfterAll
    static void stop() {
        cluster.close();
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
                .matcher(Files.readString(PAGE))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));

        // Exists once a call to another node has ended.
        TestCluster.get(cluster.node(0).adminPort(), "/_health/cluster");
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

    private static Map<String, String> help() {
        return TestCluster.get(cluster.node(0).adminPort(), "/metrics")
                .body()
                .lines()
                .map(HELP::matcher)
                .filter(line -> line.matches())
                .collect(Collectors.toMap(line -> line.group(1), line -> line.group(2)));
    }
}
