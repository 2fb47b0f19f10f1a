package dev.carillon.lab.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.lab.simulation.plan.Plan;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Simulated clusters with faults by seed; {@link SimulationSeedsTest} runs many more. */
class SimulationTest {
    private static final int SEEDS = 100;
    private static final int DEFECT_SEEDS = 60;
    private static final Duration LENGTH = Duration.ofSeconds(5);

    @Test
    void a_seed_gives_the_same_run_each_time() {
        for (long seed = 1; seed <= 6; seed++) {
            Result first = Simulation.run(Plan.of(seed));
            Result again = Simulation.run(Plan.of(seed), Defect.NONE, true);

            assertThat(again.hash()).as("seed %d", seed).isEqualTo(first.hash());
            assertThat(again.steps()).isEqualTo(first.steps());
            assertThat(again.findings()).isEqualTo(first.findings());
        }
    }

    /** The first two failed until sequences of two epochs were told apart, the third until the filling of one scope no longer hid what another one misses. */
    @ParameterizedTest
    @ValueSource(longs = {444, 625, 439})
    void a_seed_that_has_failed_is_clean(long seed) {
        assertThat(Simulation.run(Plan.of(seed)).findings()).isEmpty();
    }

    @Test
    void a_seed_that_has_failed_still_finds_its_defect() {
        assertThat(Simulation.run(Plan.of(444), Defect.SEQUENCES_COMPARED_ACROSS_EPOCHS, false)
                        .clean())
                .isFalse();
    }

    @Test
    void seeds_differ() {
        assertThat(LongStream.rangeClosed(1, 6)
                        .map(seed -> Simulation.run(Plan.of(seed)).hash())
                        .distinct()
                        .count())
                .isEqualTo(6);
    }

    @Test
    void no_event_is_lost_duplicated_or_reordered_without_a_gap() {
        Campaign.Figures figures = new Campaign(Defect.NONE).run(1_000, SEEDS, LENGTH, failed -> {}, progress -> {});

        assertThat(figures.failed())
                .as("./carillon simulate %s", options(figures))
                .isEmpty();
        assertThat(figures.delivered()).isPositive();
    }

    @ParameterizedTest
    @EnumSource(names = {"PAGE_END_MISSED", "REPEAT_APPENDED", "RESUMED_TOO_LATE"})
    void a_defect_is_found_within_a_few_seeds(Defect defect) {
        assertThat(LongStream.rangeClosed(1, DEFECT_SEEDS)
                        .anyMatch(seed ->
                                !Simulation.run(Plan.of(seed), defect, false).clean()))
                .isTrue();
    }

    @Test
    void shrinking_drops_the_faults_that_do_not_matter() {
        Plan plan = LongStream.iterate(1, seed -> seed + 1)
                .mapToObj(Plan::of)
                .filter(one -> one.selected().size() > 3)
                .findFirst()
                .orElseThrow();

        Plan smallest = Shrink.of(plan, tried -> tried.selected().contains(2) && tried.workMillis() > 3_000);

        assertThat(smallest.selected()).containsExactly(2);
        assertThat(smallest.workMillis()).isBetween(3_001, 4_000);
    }

    private static List<String> options(Campaign.Figures figures) {
        return figures.failed().stream().map(one -> one.plan().options()).toList();
    }
}
