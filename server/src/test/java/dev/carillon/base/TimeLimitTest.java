package dev.carillon.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TimeLimitTest {
    private final ScheduledThreadPoolExecutor timer =
            (ScheduledThreadPoolExecutor) SystemThreads.INSTANCE.newTimer("time-limit-test");

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    @Test
    void late_answer_fails() {
        CompletableFuture<String> answer = new TimeLimit(Duration.ofMillis(1), timer).on(new CompletableFuture<>());

        await().until(answer::isDone);

        assertThat(answer.exceptionNow()).isInstanceOf(TimeoutException.class);
    }

    @Test
    void answer_in_time_leaves_nothing_with_the_timer() {
        CompletableFuture<String> answer = new TimeLimit(Duration.ofHours(1), timer).on(new CompletableFuture<>());
        assertThat(timer.getQueue()).hasSize(1);

        answer.complete("yes");

        assertThat(answer.state()).isEqualTo(Future.State.SUCCESS);
        assertThat(timer.getQueue()).isEmpty();
    }

    @Test
    void timer_of_the_process_ends_answers_on_a_thread_of_its_own_and_keeps_none_that_came() {
        ForkJoinPool timeouts = (ForkJoinPool) SystemThreads.newTimeouts("time-limit-test");
        try {
            CompletableFuture<String> late = new CompletableFuture<>();
            // Before the limit begins: afterwards it may have ended already, and this thread would run the action.
            CompletableFuture<String> name =
                    late.exceptionally(e -> Thread.currentThread().getName());
            CompletableFuture<String> _ = new TimeLimit(Duration.ofMillis(1), timeouts).on(late);
            CompletableFuture<String> answer =
                    new TimeLimit(Duration.ofHours(1), timeouts).on(new CompletableFuture<>());

            answer.complete("yes");

            await().until(() -> timeouts.getDelayedTaskCount() == 0);
            assertThat(name.join()).isEqualTo("time-limit-test");
        } finally {
            timeouts.shutdownNow();
        }
    }

    @Test
    void code_that_blocks_on_a_late_answer_stalls_no_other_limit() {
        ForkJoinPool timeouts = (ForkJoinPool) SystemThreads.newTimeouts("time-limit-test");
        CountDownLatch release = new CountDownLatch(1);
        try {
            TimeLimit limit = new TimeLimit(Duration.ofMillis(1), timeouts);
            CompletableFuture<String> begun = new CompletableFuture<>();
            CompletableFuture<Boolean> late = new CompletableFuture<>();
            // Before the limit begins, as above.
            CompletableFuture<Boolean> blocked = late.exceptionally(e -> {
                begun.complete("yes");
                return blocks(release);
            });
            CompletableFuture<Boolean> _ = limit.on(late);
            await().until(begun::isDone);

            CompletableFuture<String> other = limit.on(new CompletableFuture<>());

            await().until(other::isDone);
            assertThat(blocked).isNotDone();
        } finally {
            release.countDown();
            timeouts.shutdownNow();
        }
    }

    /** Not by a future, of which a pool would know that it blocks. */
    private static boolean blocks(CountDownLatch until) {
        try {
            until.await();
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    @Test
    void answer_that_is_there_needs_no_timer() {
        CompletableFuture<String> _ =
                new TimeLimit(Duration.ofHours(1), timer).on(CompletableFuture.completedFuture("yes"));

        assertThat(timer.getQueue()).isEmpty();
    }
}
