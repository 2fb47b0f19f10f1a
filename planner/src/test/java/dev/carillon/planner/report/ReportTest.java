package dev.carillon.planner.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.planner.Plan;
import dev.carillon.planner.Plans;
import dev.carillon.planner.base.PlanException;
import dev.carillon.planner.calibration.Cost;
import dev.carillon.planner.simulation.Scenario;
import dev.carillon.planner.simulation.Simulation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final Plan PLAN =
            Plans.PLANNER.plan(Plans.workload(200_000, 1, "topic@1000=100%"), Plans.setup("4c/8g/10gbit@0.20", 1));

    @Test
    void the_first_screen_has_number_reason_cost_and_confidence() {
        List<String> lines =
                new PlanText(PLAN).text().replaceAll("\\n  +", " ").lines().toList();

        assertThat(lines).hasSizeLessThan(24);
        assertThat(lines.subList(0, 8))
                .anyMatch(line -> line.equals(PLAN.nodes() + " nodes of 4c/8g, 1 of them spare"))
                .anyMatch(line ->
                        line.startsWith("why ") && line.contains(PLAN.limiting().text()))
                .anyMatch(line -> line.startsWith("cost ") && line.contains(" a month: nodes "))
                .anyMatch(line -> line.startsWith("how sure ")
                        && line.contains(PLAN.confidence().grade()));
    }

    @Test
    void the_arithmetic_adds_up_and_names_every_figure() {
        String text = new Explanation(PLAN).text();

        double sum = Pattern.compile(
                        "(?m)^ {2}(?:the node itself|heartbeats|events|writes|bytes|broadcasts) +([0-9.]+)")
                .matcher(text)
                .results()
                .mapToDouble(match -> Double.parseDouble(match.group(1)))
                .sum();
        assertThat(text)
                .containsPattern(
                        "together +%.2f".formatted(Math.floor(sum * 100) / 100).replace(".", "\\."));
        for (Cost cost : Cost.values()) {
            assertThat(text).contains("  " + cost.key() + " ");
        }
    }

    @Test
    void pages_need_nothing_from_elsewhere() {
        for (String html : List.of(
                new PlanPage(PLAN).html(),
                new SimulationPage(new Simulation(PLAN, Scenario.NODE_KILLED, 1).run()).html())) {
            assertThat(html)
                    .startsWith("<!DOCTYPE html>")
                    .contains("prefers-color-scheme: dark", "width=device-width", "<svg ", "Assumptions")
                    .doesNotContain("<script", "http://", "https://", "NaN", "Infinity");
        }
    }

    @Test
    void variables_are_those_of_the_module() throws IOException {
        String module = Files.readString(Path.of("../terraform/modules/cluster/variables.tf"));
        List<String> names = Pattern.compile("(?m)^([a-z_]+) +=")
                .matcher(new Variables(PLAN).text())
                .results()
                .map(match -> match.group(1))
                .toList();

        assertThat(names)
                .contains("nodes", "broker", "proxy", "limit_nofile", "release", "secrets_version")
                .allSatisfy(name -> assertThat(module).contains("variable \"" + name + "\""));
        assertThat(new Variables(PLAN).text().lines().filter(line -> line.startsWith("  node")))
                .hasSize(PLAN.nodes());
    }

    @Test
    void more_machines_than_the_module_takes_are_refused() {
        Plan plan =
                Plans.PLANNER.plan(Plans.workload(1_000_000, 0.1, "global=100%"), Plans.setup("8c/16g/10gbit", 1), 65);

        assertThatThrownBy(() -> new Variables(plan))
                .isInstanceOf(PlanException.class)
                .hasMessage("terraform: 65 nodes: the module terraform/modules/cluster takes at most 64");
    }
}
