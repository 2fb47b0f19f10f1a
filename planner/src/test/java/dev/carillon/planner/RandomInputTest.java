package dev.carillon.planner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.planner.base.PlanException;
import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.report.Explanation;
import dev.carillon.planner.report.PlanPage;
import dev.carillon.planner.report.PlanText;
import dev.carillon.planner.simulation.Scenario;
import dev.carillon.planner.simulation.Simulation;
import dev.carillon.planner.workload.Machine;
import dev.carillon.planner.workload.ScopeMix;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Setup.BrokerKind;
import dev.carillon.planner.workload.Setup.ProxyKind;
import dev.carillon.planner.workload.Setup.Transport;
import dev.carillon.planner.workload.Workload;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Whatever is asked is planned or refused with a sentence; nothing else is thrown. */
class RandomInputTest {
    private static final List<String> MIXES = List.of(
            "global=100%",
            "topic@1=100%", "topic@50=60%,user=30%,session=10%", "route@7=50%,tab=50%", "global=1%,topic@1000=99%");
    private static final List<String> WORDS = List.of(
            "global",
            "topic",
            "@",
            "=",
            "%",
            ",",
            "100",
            "1e9",
            "-",
            ".",
            "0",
            "write.sse.us",
            " ",
            "\n",
            "machine.a",
            "8c/16g",
            "@0.3",
            "NaN",
            "measured",
            "ß");

    private final Random random = new Random(42);

    @Test
    void any_workload_is_planned_or_refused_with_a_sentence() {
        int planned = 0;
        for (int i = 0; i < 80; i++) {
            try {
                Workload workload = workload();
                Plan plan = Plans.PLANNER.plan(workload, setup());
                planned++;
                String text = new PlanText(plan).text() + new Explanation(plan).text();
                assertThat(text).doesNotContain("NaN", "Infinity", "∞");
                assertThat(plan.used().values()).allMatch(share -> share >= 0 && share <= 1);
                if (i % 10 == 0) {
                    assertThat(new PlanPage(plan).html()).doesNotContain("NaN", "Infinity");
                    Scenario scenario = any(List.of(Scenario.values()));
                    assertThat(new Simulation(plan, scenario, i).run().peak()).isBetween(0.0, 1.0);
                }
            } catch (PlanException e) {
                assertThat(e.getMessage()).contains(": ").doesNotContain("NaN", "Infinity", "∞");
            }
        }
        assertThat(planned).isGreaterThan(20);
    }

    private Workload workload() {
        double connections = Math.floor(Math.pow(10, random.nextDouble() * 8));
        return new Workload(
                connections,
                random.nextDouble(),
                1 + Math.pow(10, random.nextDouble() * 5),
                ScopeMix.parse(any(MIXES), connections, 1, 1)
                        .flows(connections, 0, random.nextInt(5) == 0 ? 0 : Math.pow(10, random.nextDouble() * 6 - 2)),
                random.nextBoolean());
    }

    private <T> T any(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private Setup setup() {
        return new Setup(
                new Machine(
                        "m",
                        0.25 + random.nextInt(64),
                        0.5 + random.nextInt(64),
                        0.1 + random.nextInt(25),
                        random.nextDouble()),
                0.01 + random.nextDouble() * 3,
                random.nextInt(3),
                any(List.of(Transport.values())),
                BrokerKind.AUTO,
                any(List.of(ProxyKind.values())),
                1 + random.nextInt(60),
                0.05 + random.nextDouble() * 0.8,
                random.nextDouble() / 100);
    }

    @Test
    void any_text_is_read_or_refused_with_a_sentence() {
        List<Consumer<String>> parsers = List.of(
                text -> ScopeMix.parse(text, 1_000, 1, 1),
                text -> Machine.parse("m", text),
                text -> Calibration.parse("c", text),
                Prices::parse);
        for (int i = 0; i < 2_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int words = random.nextInt(9); words >= 0; words--) {
                text.append(any(WORDS));
            }
            try {
                parsers.get(i % parsers.size()).accept(text.toString());
            } catch (PlanException e) {
                assertThat(e.getMessage()).contains(": ");
            }
        }
        assertThatThrownBy(() -> Prices.parse("machine.a = 8c")).isInstanceOf(PlanException.class);
    }
}
