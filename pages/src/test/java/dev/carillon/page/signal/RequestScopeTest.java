package dev.carillon.page.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.scope.Scope;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is bound while the code of one user runs is not bound for the next one on the same thread. */
class RequestScopeTest {
    private static final SignalKey ANN = new SignalKey(Scope.user("ann"), "basket");
    private static final SignalKey BOB = new SignalKey(Scope.user("bob"), "basket");

    private final ExecutorService thread = Executors.newSingleThreadExecutor();

    @AfterEach
    void close() {
        thread.close();
    }

    @Test
    void changes_of_one_user_are_not_among_those_of_the_next_on_the_same_thread() throws Exception {
        ActionRun ann = new ActionRun();
        ActionRun bob = new ActionRun();
        thread.submit(() -> ann.run(() -> assertThat(ActionRun.note(ANN)).isTrue()))
                .get();
        thread.submit(() -> assertThat(ActionRun.note(BOB)).isFalse()).get();
        thread.submit(() -> bob.run(() -> assertThat(ActionRun.note(BOB)).isTrue()))
                .get();

        assertThat(ann.changed()).containsExactly(ANN);
        assertThat(bob.changed()).containsExactly(BOB);
    }

    @Test
    void time_limit_of_one_user_does_not_hit_the_next_on_the_same_thread() throws Exception {
        ActionRun ann = new ActionRun();
        thread.submit(() -> {
                    assertThat(ann.expire(Thread.currentThread())).isTrue();
                    assertThatThrownBy(() -> ann.run(ActionRun::requireOpen)).hasMessageContaining("time limit");
                })
                .get();

        thread.submit(() -> {
                    assertThat(Thread.currentThread().isInterrupted()).isFalse();
                    new ActionRun().run(ActionRun::requireOpen);
                    ActionRun.requireOpen();
                })
                .get();
    }

    @Test
    void view_that_fails_for_one_user_leaves_nothing_to_the_next_on_the_same_thread() throws Exception {
        Rendering ann = new Rendering("basket", ANN.scope(), key -> {});
        thread.submit(() -> assertThatThrownBy(() -> ann.run(() -> {
                    Rendering.reading(ANN);
                    throw new IllegalStateException("failed");
                })))
                .get();

        thread.submit(() -> {
                    // Inside the view of Ann, Bob's signal is refused, and no signal may be changed.
                    Rendering.reading(BOB);
                    Rendering.changing(BOB);
                })
                .get();
        assertThat(ann.reads()).containsExactly(ANN);
    }
}
