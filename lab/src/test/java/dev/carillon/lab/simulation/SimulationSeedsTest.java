package dev.carillon.lab.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.lab.simulation.plan.Fault;
import dev.carillon.lab.simulation.plan.Plan;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Many seeds, and every defect. The property {@code carillon.simulation.minutes} is the length of the search. */
@Tag("full")
class SimulationSeedsTest {
    private static final int MINUTES = Integer.getInteger("carillon.simulation.minutes", 20);
    private static final long FIRST = 1_000_000;
    private static final int DEFECT_SEEDS = 500;
    private static final int REPEATED = 50;
    private static final int FEW = 3;

    @Test
    void no_seed_fails() {
        Campaign.Figures figures = new Campaign(Defect.NONE)
                .run(FIRST, Integer.MAX_VALUE, Duration.ofMinutes(MINUTES), failed -> {}, progress -> {});

        assertThat(figures.failed())
                .as(
                        "seeds: %s",
                        figures.failed().stream()
                                .map(one -> one.plan().options())
                                .toList())
                .isEmpty();
        Map<Fault.Kind, Long> happened = new EnumMap<>(Fault.Kind.class);
        happened.putAll(figures.faults());
        assertThat(happened.keySet()).containsAll(Arrays.asList(Fault.Kind.values()));
    }

    @Test
    void a_seed_gives_the_same_run_each_time() {
        for (long seed = FIRST; seed < FIRST + REPEATED; seed++) {
            assertThat(Simulation.run(Plan.of(seed)).hash())
                    .as("seed %d", seed)
                    .isEqualTo(Simulation.run(Plan.of(seed)).hash());
        }
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void each_defect_is_found(Defect defect) {
        DefectSearch search = DefectSearch.run(defect, 1, DEFECT_SEEDS);

        System.out.println(search.text());
        assertThat(search.first()).isPresent();
    }

    @ParameterizedTest
    @EnumSource(names = {"LOSS_NOT_TOLD", "EPOCH_NOT_TOLD", "RESUMED_TOO_LATE"})
    void a_smaller_plan_still_fails(Defect defect) {
        Campaign.Figures figures =
                new Campaign(defect).run(1, DEFECT_SEEDS, Duration.ofMinutes(MINUTES), failed -> {}, progress -> {});
        Plan failing = figures.failed().getFirst().plan();

        Plan smallest = Shrink.of(failing, defect);

        assertThat(smallest.selected()).hasSizeLessThanOrEqualTo(FEW);
        assertThat(Simulation.run(smallest, defect, false).clean()).isFalse();
    }
}
