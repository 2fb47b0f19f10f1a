package dev.carillon.page.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

class BackgroundWorkTest {
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch gate = new CountDownLatch(1);
    private final Executor threads = Thread::startVirtualThread;
    private final ContextTasks tasks = new ContextTasks(task -> task.run().run(), threads);
    private final BackgroundWork work = new BackgroundWork(tasks, threads);

    private String wait(String result) throws InterruptedException {
        begun.countDown();
        try {
            gate.await();
        } catch (InterruptedException e) {
            log.add("interrupted");
            throw e;
        }
        return result;
    }

    @Test
    void results_are_taken_in_turn_and_failures_take_no_place() {
        for (int i = 0; i <= BackgroundWork.MAX; i++) {
            // The one before may not have ended yet.
            await().pollInterval(Duration.ofMillis(5)).ignoreExceptions().until(() -> {
                work.start(
                        () -> {
                            throw new IllegalStateException("as the test wants it");
                        },
                        result -> log.add("never"));
                return true;
            });
        }
        await().pollInterval(Duration.ofMillis(5)).ignoreExceptions().until(() -> {
            work.start(() -> wait("one"), log::add);
            return true;
        });
        gate.countDown();

        await().until(() -> log.contains("one"));
        assertThat(log).doesNotContain("never");
    }

    @Test
    void one_more_than_the_limit_is_refused() {
        for (int i = 0; i < BackgroundWork.MAX; i++) {
            work.start(() -> wait("done"), log::add);
        }

        assertThatThrownBy(() -> work.start(() -> wait("more"), log::add)).hasMessageContaining("at most 8");
        gate.countDown();
        await().until(() -> log.size() == BackgroundWork.MAX);
    }

    @Test
    void end_interrupts_and_drops_results() throws InterruptedException {
        work.start(() -> wait("late"), log::add);
        begun.await();

        work.end();

        await().until(() -> log.contains("interrupted"));
        work.start(() -> "never", log::add);

        assertThat(log).containsOnly("interrupted");
    }
}
