package dev.carillon.page.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ContextTasksTest {
    private final Deque<Runnable> threads = new ArrayDeque<>();
    private final List<String> ran = new ArrayList<>();
    private final ContextTasks tasks = new ContextTasks(task -> task.run().run(), threads::add);
    private final ContextHooks hooks = new ContextHooks();

    private Task task(String name) {
        return Task.of("event", name, () -> ran.add(name));
    }

    private void fill() {
        for (int i = 0; i < ContextTasks.MAX; i++) {
            assertThat(tasks.add(task("event"))).isTrue();
        }
        assertThat(tasks.add(task("one too many"))).isFalse();
    }

    private void runAll() {
        Objects.requireNonNull(threads.poll()).run();
        assertThat(threads).isEmpty();
    }

    @Test
    void hooks_run_although_the_most_events_wait() {
        hooks.onConnect(() -> ran.add("connect"));
        hooks.onDisconnect(() -> ran.add("disconnect"));
        fill();

        hooks.disconnected(tasks);
        hooks.connected(tasks);
        runAll();

        assertThat(ran).hasSize(ContextTasks.MAX + 2).endsWith("disconnect", "connect");
    }

    @Test
    void end_of_a_context_runs_its_hooks_and_no_event_that_waits() {
        hooks.onDisconnect(() -> ran.add("disconnect"));
        hooks.onClose(() -> ran.add("close"));
        fill();

        hooks.disconnected(tasks);
        hooks.closed(tasks, () -> ran.add("done"));
        hooks.connected(tasks);
        assertThat(tasks.add(task("late"))).isFalse();
        runAll();

        assertThat(ran).containsExactly("disconnect", "close", "done");
    }

    @Test
    void number_of_waiting_hooks_is_bounded() {
        hooks.onConnect(() -> ran.add("connect"));
        for (int i = 0; i < ContextTasks.MAX_HOOKS + 10; i++) {
            hooks.connected(tasks);
        }
        runAll();

        assertThat(ran).hasSize(ContextTasks.MAX_HOOKS);
    }

    @Test
    void every_hook_for_a_gap_runs_once_after_a_refused_event_also_when_another_one_fails() {
        hooks.onGap(() -> {
            throw new IllegalStateException("first");
        });
        hooks.onGap(() -> ran.add("gap"));
        fill();

        assertThat(tasks.addOrOverflow(task("refused"), hooks.gap("global"))).isFalse();
        assertThat(tasks.addOrOverflow(task("refused"), hooks.gap("global"))).isFalse();
        assertThatThrownBy(this::runAll).hasMessage("first");

        assertThat(ran).hasSize(ContextTasks.MAX + 1).endsWith("gap");
    }
}
