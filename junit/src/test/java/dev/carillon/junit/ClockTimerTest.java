package dev.carillon.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.Platform;
import dev.carillon.testkit.Patience;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClockTimerTest {
    private final TestClock clock = new TestClock(Platform.system(), () -> {});
    private final ClockTimer timer = clock.newTimer("test");
    private final List<String> ran = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() {
        timer.shutdown();
    }

    @Test
    void tasks_run_in_order_when_the_clock_is_advanced() {
        ScheduledFuture<?> _ = timer.schedule(() -> ran.add("two hours"), 2, TimeUnit.HOURS);
        ScheduledFuture<?> _ = timer.schedule(() -> ran.add("one hour"), 1, TimeUnit.HOURS);
        ScheduledFuture<?> cancelled = timer.schedule(() -> ran.add("cancelled"), 1, TimeUnit.HOURS);
        assertThat(cancelled.cancel(false)).isTrue();

        clock.advance(Duration.ofHours(3));

        assertThat(ran).containsExactly("one hour", "two hours");
    }

    @Test
    void periodic_task_runs_once_for_each_period_that_passes() {
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(() -> ran.add("tick"), 10, 10, TimeUnit.SECONDS);

        clock.advance(Duration.ofSeconds(65));

        assertThat(ran).hasSizeBetween(5, 6);
    }

    @Test
    void timer_runs_by_itself() throws Exception {
        assertThat(timer.schedule(() -> "ran", 1, TimeUnit.MILLISECONDS).get(Patience.LIMIT_SECONDS, TimeUnit.SECONDS))
                .isEqualTo("ran");
    }

    @Test
    void clock_is_ahead_of_the_machine_by_what_it_was_advanced() {
        Instant before = Instant.now();

        clock.advance(Duration.ofHours(1));

        assertThat(clock.instant()).isAfterOrEqualTo(before.plus(Duration.ofHours(1)));
        assertThatThrownBy(() -> clock.advance(Duration.ZERO)).hasMessageContaining("time: must be more than 0");
    }
}
