package dev.carillon.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TaskQueueTest {
    private final Executor threads = Thread::startVirtualThread;
    private final List<Integer> begun = new CopyOnWriteArrayList<>();
    private final List<CompletableFuture<Void>> open = new ArrayList<>();

    @Test
    void queue_runs_a_bounded_number_of_tasks_and_starts_the_others_in_order() {
        TaskQueue tasks = new TaskQueue(2, 10, threads);
        for (int i = 0; i < 4; i++) {
            assertThat(offer(tasks, i)).isTrue();
        }
        await().until(() -> begun.size() == 2);
        assertThat(begun).containsExactly(0, 1);

        open.get(1).complete(null);
        await().until(() -> begun.size() == 3);
        open.get(0).completeExceptionally(new IllegalStateException("by the test"));
        await().until(() -> begun.size() == 4);

        assertThat(begun).containsExactly(0, 1, 2, 3);
    }

    @Test
    void full_queue_refuses_a_task() {
        TaskQueue tasks = new TaskQueue(1, 2, threads);
        assertThat(offer(tasks, 0)).isTrue();
        await().until(() -> begun.size() == 1);

        assertThat(offer(tasks, 1)).isTrue();
        assertThat(offer(tasks, 2)).isTrue();
        assertThat(offer(tasks, 3)).isFalse();
    }

    @Test
    void queue_is_idle_when_all_tasks_have_completed() {
        TaskQueue tasks = new TaskQueue(1, 2, threads);
        assertThat(tasks.idle().toCompletableFuture()).isDone();
        offer(tasks, 0);
        offer(tasks, 1);
        CompletableFuture<Void> idle = tasks.idle().toCompletableFuture();

        open.get(0).complete(null);
        await().until(() -> begun.size() == 2);
        assertThat(idle).isNotDone();
        open.get(1).complete(null);

        await().until(idle::isDone);
    }

    @Test
    void thousands_of_tasks_that_complete_at_once_or_throw_need_no_deep_stack() {
        TaskQueue tasks = new TaskQueue(1, 100_000, threads);
        AtomicInteger done = new AtomicInteger();
        offer(tasks, 0);
        await().until(() -> begun.size() == 1);
        for (int i = 0; i < 100_000; i++) {
            boolean even = i % 2 == 0;
            tasks.offer(() -> {
                done.incrementAndGet();
                if (even) {
                    throw new IllegalStateException("by the test");
                }
                return CompletableFuture.completedFuture(null);
            });
        }

        open.getFirst().complete(null);
        await().until(() -> done.get() == 100_000);
    }

    private boolean offer(TaskQueue tasks, int number) {
        CompletableFuture<Void> end = new CompletableFuture<>();
        open.add(end);
        return tasks.offer(() -> {
            begun.add(number);
            return end;
        });
    }
}
