package dev.carillon.page.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RecentActionsTest {
    private final RecentActions actions = new RecentActions();
    private final AtomicInteger runs = new AtomicInteger();

    private String run(String key) {
        return String.valueOf(actions.run(key, () -> ran(key), () -> "answer " + runs.get(), () -> {}));
    }

    private void ran(String key) {
        actions.admitted(key);
        runs.incrementAndGet();
        actions.ended(key);
        actions.left(key);
    }

    @Test
    void answers_of_the_last_actions_are_kept_and_older_ones_have_only_ended() {
        assertThat(run("a0")).isEqualTo("answer 1");
        assertThat(run("a0")).isEqualTo("answer 1");
        for (int i = 1; i <= RecentActions.MAX_ANSWERS; i++) {
            String _ = run("a" + i);
        }

        assertThat(run("a0")).isEqualTo("null");
        assertThat(runs).hasValue(1 + RecentActions.MAX_ANSWERS);
    }

    @Test
    void action_that_was_refused_before_it_began_may_run_later() {
        assertThatThrownBy(() -> actions.run(
                        "a1",
                        () -> {
                            throw new CarillonException(ErrorCode.TOO_MANY_REQUESTS, "later");
                        },
                        () -> "",
                        () -> {}))
                .hasMessage("later");

        assertThat(run("a1")).isEqualTo("answer 1");
    }

    @Test
    void number_of_known_actions_is_bounded() {
        for (int i = 0; i < 1_000; i++) {
            String _ = run("a" + i);
        }

        List<String> known = actions.known().ended();
        assertThat(known).hasSize(RecentActions.MAX_ENDED).endsWith("a999");
    }
}
