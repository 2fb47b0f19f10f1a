package dev.carillon.lab.scale;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SweepTest {
    private static final PointRun.Pace PACE = new PointRun.Pace(5, 5, 3, 0);
    private static final ScalePoint LIGHT = SampleResults.point(1, 100, 10);
    private static final ScalePoint HEAVY = SampleResults.point(1, 1_000, 10);
    private static final ScalePoint OTHER = SampleResults.point(2, 100, 10);

    private static final Duration HOUR = Duration.ofHours(1);

    private final List<ScalePoint> measured = new ArrayList<>();
    private final List<String> bars = new ArrayList<>();
    private final AtomicLong clock = new AtomicLong();

    @Test
    void points_of_an_earlier_run_are_not_measured_again() throws InterruptedException {
        Sweep.Result result = sweep(List.of(LIGHT, HEAVY, OTHER), List.of(SampleResults.measured(HEAVY, 1)), HOUR)
                .run();

        assertThat(measured).containsExactly(LIGHT, OTHER);
        assertThat(result.results()).hasSize(3);
        assertThat(result.left()).isEmpty();
    }

    @Test
    void a_point_that_is_heavier_than_one_that_ended_early_is_not_tried() throws InterruptedException {
        Sweep.Result result = sweep(List.of(LIGHT, HEAVY, OTHER), List.of(SampleResults.endedEarly(LIGHT)), HOUR)
                .run();

        assertThat(measured).containsExactly(OTHER);
        assertThat(result.results().get(1).reason()).startsWith("rule lighter: ");
    }

    @Test
    void no_point_begins_that_would_end_too_late() throws InterruptedException {
        // Each takes 20 s by the clock of this test.
        Sweep.Result result = sweep(List.of(LIGHT, HEAVY, OTHER), List.of(), Duration.ofSeconds(39))
                .run();

        assertThat(measured).hasSize(1);
        assertThat(result.left()).containsExactly(HEAVY, OTHER);
        assertThat(result.reason()).contains("--within");
    }

    @Test
    void a_sweep_that_is_stopped_keeps_its_results_and_leaves_the_rest() throws InterruptedException {
        List<Sweep> self = new ArrayList<>();
        Sweep sweep = new Sweep(
                new Sweep.Plan(List.of(LIGHT, HEAVY, OTHER), List.of(), Duration.ofHours(1), PACE),
                (point, onStart) -> {
                    List<String> ended = new ArrayList<>();
                    onStart.accept(() -> ended.add("ended"));
                    if (point.equals(HEAVY)) {
                        self.getFirst().stop();
                    }
                    return ended.isEmpty() ? Optional.of(SampleResults.measured(point, 1)) : Optional.empty();
                },
                new Recorder(),
                clock::get);
        self.add(sweep);

        Sweep.Result result = sweep.run();

        assertThat(result.results()).extracting(PointResult::point).containsExactly(LIGHT);
        assertThat(result.left()).containsExactly(HEAVY, OTHER);
        assertThat(result.reason()).isEqualTo("it was stopped");
    }

    @Test
    void the_bar_shows_the_time_that_is_left() throws InterruptedException {
        sweep(List.of(LIGHT, HEAVY, OTHER), List.of(), HOUR).run();

        assertThat(bars)
                .containsExactly(
                        "[--------------------] 0 of 3, 0:00 done, about 1:48 left",
                        "[######--------------] 1 of 3, 0:20 done, about 0:40 left",
                        "[#############-------] 2 of 3, 0:40 done, about 0:20 left");
    }

    private Sweep sweep(List<ScalePoint> points, List<PointResult> done, Duration within) {
        return new Sweep(
                new Sweep.Plan(points, done, within, PACE),
                (point, _) -> {
                    measured.add(point);
                    clock.addAndGet(TimeUnit.SECONDS.toNanos(20));
                    return Optional.of(SampleResults.measured(point, 1));
                },
                new Recorder(),
                clock::get);
    }

    private final class Recorder implements Sweep.Listener {
        @Override
        public void begins(ScalePoint point, Progress progress) {
            bars.add(progress.bar());
        }

        @Override
        public void ends(PointResult result, Progress progress) {}
    }
}
