package dev.carillon.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Where a subscription resumes, and when. */
class ResumePositionTest {
    @Test
    void retained_events_do_not_move_the_position_and_are_not_repeated() {
        ResumePosition position = new ResumePosition("");
        position.requested();
        position.opened(Optional.of("cursor:9"));

        assertThat(Stream.of("old", "e10").allMatch(id -> position.accept(Optional.of(id))))
                .isTrue();
        assertThat(position.get()).isEqualTo("cursor:9");

        position.requested();
        position.opened(Optional.empty());
        assertThat(position.accept(Optional.of("e10"))).isFalse();
        assertThat(position.accept(Optional.of("e11"))).isTrue();
        position.advance("cursor:11");
        assertThat(position.accept(Optional.of("e10")))
                .as("the same id, broadcast again")
                .isTrue();
        assertThat(position.get()).isEqualTo("e10");
        assertThat(position.accept(Optional.empty())).isTrue();
    }

    @Test
    void pauses_double_are_bounded_and_never_shorter_than_the_node_asks_for() {
        Backoff backoff = new Backoff(Duration.ofSeconds(1), new FakeTiming());

        assertThat(Stream.of(null, null, 10, null, null, null, 600)
                        .map(asked -> backoff.next(seconds(asked)).toSeconds()))
                .containsExactly(1L, 2L, 30L, 8L, 16L, 30L, 60L);
        backoff.reset();
        assertThat(backoff.next(null)).hasSeconds(1);
    }

    @Test
    void node_that_asks_for_no_pause_gets_the_usual_pauses() {
        Backoff backoff = new Backoff(Duration.ofSeconds(1), new FakeTiming());

        assertThat(Stream.of(0, 0, 0).map(asked -> backoff.next(seconds(asked)).toSeconds()))
                .containsExactly(1L, 2L, 4L);
    }

    private static @Nullable Duration seconds(@Nullable Integer asked) {
        return asked == null ? null : Duration.ofSeconds(asked);
    }
}
