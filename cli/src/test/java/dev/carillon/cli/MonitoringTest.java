package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.Rectangle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Board and alert rules agree with the page of the metrics, which {@code MetricsIT} compares with a node. */
class MonitoringTest {
    private static final Pattern DOCUMENTED = Pattern.compile("(?m)^\\| `(carillon_[a-z_]+)(?:\\{[^}]*})?` \\|");
    private static final Pattern ALERT = Pattern.compile("(?m)^ +- alert: (\\w+)$");
    private static final Pattern FIRES =
            Pattern.compile("(?m)^ +alertname: (\\w+)\n +exp_alerts:\n +- exp_labels:\n +severity: ");

    @Test
    void every_metric_of_board_and_rules_is_documented() throws IOException {
        Set<String> documented = DOCUMENTED
                .matcher(page("metrics.md") + page("proxy.md"))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toSet());

        assertThat(Board.metrics(String.join("\n", Board.queries())))
                .hasSizeGreaterThan(20)
                .isSubsetOf(documented);
        assertThat(Board.metrics(Files.readString(Board.RULES)))
                .hasSizeGreaterThan(15)
                .isSubsetOf(documented);
    }

    @Test
    void every_alert_says_what_to_do_and_has_a_test_in_which_it_fires() throws IOException {
        String rules = Files.readString(Board.RULES);
        List<String> alerts =
                ALERT.matcher(rules).results().map(match -> match.group(1)).toList();

        assertThat(alerts).hasSizeGreaterThan(10).doesNotHaveDuplicates();
        assertThat(rules.split("\n +- alert: ")).hasSize(alerts.size() + 1);
        assertThat(rules.split("\n +- alert: "))
                .filteredOn(alert -> !alert.startsWith("#"))
                .allSatisfy(alert -> assertThat(alert).contains("severity: ", "summary: ", "action: ", "for: "));
        assertThat(FIRES.matcher(Files.readString(Board.TESTS)).results().map(match -> match.group(1)))
                .containsExactlyElementsOf(alerts);
    }

    @Test
    void every_alert_is_explained_to_operators() throws IOException {
        String operations = page("operations.md");

        assertThat(ALERT.matcher(Files.readString(Board.RULES)).results().map(match -> match.group(1)))
                .allSatisfy(alert -> assertThat(operations).contains("`" + alert + "`"));
    }

    private static String page(String name) throws IOException {
        return Files.readString(Path.of("..", "docs", name));
    }

    @Test
    void an_outage_of_the_broker_is_no_reason_to_restart_a_node() throws IOException {
        assertThat(Files.readString(Board.RULES).lines())
                .filteredOn(line -> line.contains("Restart no node"))
                .hasSize(1);
    }

    @Test
    void panels_have_queries_of_the_chosen_source_a_description_and_a_place_of_their_own() {
        List<Rectangle> places = new ArrayList<>();
        List<Integer> ids = new ArrayList<>();
        for (JsonNode panel : Board.panels()) {
            assertThat(panel.path("description").asText()).isNotBlank();
            assertThat(panel.path("title").asText()).isNotBlank();
            assertThat(Board.targets(panel)).isNotEmpty().allSatisfy(target -> {
                assertThat(target.at("/datasource/uid").asText()).isEqualTo("${datasource}");
                assertThat(target.get("expr").asText()).containsPattern("\\$instance|carillon_proxy_");
            });
            JsonNode at = panel.get("gridPos");
            Rectangle place = new Rectangle(
                    at.get("x").asInt(),
                    at.get("y").asInt(),
                    at.get("w").asInt(),
                    at.get("h").asInt());
            assertThat(places).noneMatch(place::intersects);
            assertThat(place.x + place.width).isLessThanOrEqualTo(24);
            places.add(place);
            ids.add(panel.get("id").asInt());
        }
        assertThat(ids).doesNotHaveDuplicates();
        assertThat(Board.json().at("/templating/list").findValuesAsText("name")).contains("datasource", "instance");
    }
}
