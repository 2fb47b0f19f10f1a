package dev.carillon.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.auth.KeysUnavailableException;
import dev.carillon.testkit.Patience;
import io.jsonwebtoken.JwtParser;
import io.jsonwebtoken.Jwts;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class KeyRingTest {
    private static final JwtParser FIRST = Jwts.parser().build();
    private static final JwtParser SECOND = Jwts.parser().build();

    /** What a fetch comes to: keys, or a failure. */
    private sealed interface Answer {
        record Keys(JwtParser parser) implements Answer {}

        record Failure() implements Answer {}
    }

    private final AtomicLong now = new AtomicLong(-1);
    private final AtomicInteger fetches = new AtomicInteger();
    private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private final KeyRing ring = new KeyRing("issuer", this::fetch, now::get, Thread::startVirtualThread);

    private JwtParser fetch() throws IOException, InterruptedException {
        fetches.incrementAndGet();
        return switch (answers.take()) {
            case Answer.Keys keys -> keys.parser();
            case Answer.Failure _ -> throw new IOException("no answer");
        };
    }

    @Test
    void all_who_wait_share_one_fetch() {
        List<CompletionStage<JwtParser>> waiting = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            waiting.add(ring.current());
        }
        assertThat(waiting).noneMatch(KeyRingTest::isDone);

        answers.add(new Answer.Keys(FIRST));

        assertThat(waiting).allSatisfy(stage -> assertThat(Verified.join(stage)).isSameAs(FIRST));
        assertThat(fetches).hasValue(1);
    }

    @Test
    void keys_are_renewed_in_the_background_before_they_end() {
        known(FIRST);
        after(KeyRing.FRESH.minusNanos(1));
        assertThat(ring.current()).isCompletedWithValue(FIRST);
        assertThat(fetches).hasValue(1);

        after(Duration.ofNanos(1));
        assertThat(ring.current()).isCompletedWithValue(FIRST);
        answers.add(new Answer.Keys(SECOND));

        await().untilAsserted(() -> assertThat(ring.current()).isCompletedWithValue(SECOND));
        assertThat(fetches).hasValue(2);
    }

    @Test
    void keys_that_nobody_used_for_ten_minutes_are_fetched_before_they_are_used_again() {
        known(FIRST);
        after(KeyRing.KEPT);

        CompletionStage<JwtParser> next = ring.current();
        assertThat(next).isNotDone();
        answers.add(new Answer.Keys(SECOND));

        assertThat(Verified.join(next)).isSameAs(SECOND);
    }

    @Test
    void old_keys_go_on_while_fetching_fails_which_is_tried_every_30_seconds() {
        known(FIRST);
        after(KeyRing.KEPT);
        CompletionStage<JwtParser> next = ring.current();
        answers.add(new Answer.Failure());
        assertThat(Verified.join(next)).isSameAs(FIRST);

        after(KeyRing.PAUSE.minusNanos(1));
        assertThat(ring.current()).isCompletedWithValue(FIRST);
        assertThat(ring.after(FIRST)).isCompletedExceptionally();
        assertThat(fetches).hasValue(2);

        after(Duration.ofNanos(1));
        next = ring.current();
        answers.add(new Answer.Keys(SECOND));
        assertThat(Verified.join(next)).isSameAs(SECOND);
    }

    @Test
    void before_the_first_keys_a_failure_is_told_and_a_second_later_it_is_tried_again() {
        CompletionStage<JwtParser> first = ring.current();
        answers.add(new Answer.Failure());
        assertThat(first).failsWithin(Patience.LIMIT);
        assertThat(first.toCompletableFuture().exceptionNow()).isInstanceOf(KeysUnavailableException.class);

        assertThat(ring.current().toCompletableFuture().exceptionNow()).isInstanceOf(KeysUnavailableException.class);
        assertThat(fetches).hasValue(1);

        after(KeyRing.FIRST_PAUSE);
        known(FIRST);
    }

    @Test
    void an_unknown_key_has_them_fetched_anew_at_most_once_in_30_seconds() {
        known(FIRST);
        after(KeyRing.PAUSE.minusNanos(1));
        assertThat(ring.after(FIRST)).isCompletedWithValue(FIRST);
        assertThat(fetches).hasValue(1);

        after(Duration.ofNanos(1));
        CompletionStage<JwtParser> one = ring.after(FIRST);
        CompletionStage<JwtParser> two = ring.after(FIRST);
        answers.add(new Answer.Keys(SECOND));
        assertThat(Verified.join(one)).isSameAs(SECOND);
        assertThat(Verified.join(two)).isSameAs(SECOND);
        // Whose token was verified with the old ones just before.
        assertThat(ring.after(FIRST)).isCompletedWithValue(SECOND);
        assertThat(fetches).hasValue(2);
    }

    @Test
    void no_more_wait_than_may() {
        List<CompletionStage<JwtParser>> waiting = new ArrayList<>();
        for (int i = 0; i < KeyRing.MAX_WAITING; i++) {
            waiting.add(ring.current());
        }
        assertThat(ring.current().toCompletableFuture().exceptionNow()).isInstanceOf(KeysUnavailableException.class);

        answers.add(new Answer.Failure());
        waiting.forEach(stage -> assertThat(stage).failsWithin(Patience.LIMIT));

        after(KeyRing.FIRST_PAUSE);
        known(FIRST);
    }

    /** The next fetch brings these. */
    private void known(JwtParser parser) {
        CompletionStage<JwtParser> stage = ring.current();
        answers.add(new Answer.Keys(parser));
        assertThat(Verified.join(stage)).isSameAs(parser);
    }

    private void after(Duration duration) {
        now.addAndGet(duration.toNanos());
    }

    private static boolean isDone(CompletionStage<?> stage) {
        return stage.toCompletableFuture().isDone();
    }
}
