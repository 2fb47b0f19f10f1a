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

    /** Result of a fetch. */
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
    void waiting_callers_share_one_fetch() {
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
    void keys_are_renewed_in_the_background_before_they_expire() {
        fetchKeys(FIRST);
        advance(KeyRing.RENEW_AGE.minusNanos(1));
        assertThat(ring.current()).isCompletedWithValue(FIRST);
        assertThat(fetches).hasValue(1);

        advance(Duration.ofNanos(1));
        assertThat(ring.current()).isCompletedWithValue(FIRST);
        answers.add(new Answer.Keys(SECOND));

        await().untilAsserted(() -> assertThat(ring.current()).isCompletedWithValue(SECOND));
        assertThat(fetches).hasValue(2);
    }

    @Test
    void expired_keys_are_fetched_again_before_use() {
        fetchKeys(FIRST);
        advance(KeyRing.MAX_AGE);

        CompletionStage<JwtParser> next = ring.current();
        assertThat(next).isNotDone();
        answers.add(new Answer.Keys(SECOND));

        assertThat(Verified.join(next)).isSameAs(SECOND);
    }

    @Test
    void old_keys_stay_in_use_while_fetches_fail_and_fetches_are_30_seconds_apart() {
        fetchKeys(FIRST);
        advance(KeyRing.MAX_AGE);
        CompletionStage<JwtParser> next = ring.current();
        answers.add(new Answer.Failure());
        assertThat(Verified.join(next)).isSameAs(FIRST);

        advance(KeyRing.FETCH_INTERVAL.minusNanos(1));
        assertThat(ring.current()).isCompletedWithValue(FIRST);
        assertThat(ring.newerThan(FIRST)).isCompletedExceptionally();
        assertThat(fetches).hasValue(2);

        advance(Duration.ofNanos(1));
        next = ring.current();
        answers.add(new Answer.Keys(SECOND));
        assertThat(Verified.join(next)).isSameAs(SECOND);
    }

    @Test
    void failed_first_fetch_is_reported_and_repeated_one_second_later() {
        CompletionStage<JwtParser> first = ring.current();
        answers.add(new Answer.Failure());
        assertThat(first).failsWithin(Patience.LIMIT);
        assertThat(first.toCompletableFuture().exceptionNow()).isInstanceOf(KeysUnavailableException.class);

        assertThat(ring.current().toCompletableFuture().exceptionNow()).isInstanceOf(KeysUnavailableException.class);
        assertThat(fetches).hasValue(1);

        advance(KeyRing.FIRST_FETCH_INTERVAL);
        fetchKeys(FIRST);
    }

    @Test
    void unknown_key_causes_at_most_one_fetch_in_30_seconds() {
        fetchKeys(FIRST);
        advance(KeyRing.FETCH_INTERVAL.minusNanos(1));
        assertThat(ring.newerThan(FIRST)).isCompletedWithValue(FIRST);
        assertThat(fetches).hasValue(1);

        advance(Duration.ofNanos(1));
        CompletionStage<JwtParser> one = ring.newerThan(FIRST);
        CompletionStage<JwtParser> two = ring.newerThan(FIRST);
        answers.add(new Answer.Keys(SECOND));
        assertThat(Verified.join(one)).isSameAs(SECOND);
        assertThat(Verified.join(two)).isSameAs(SECOND);
        // A caller that still has the old keys.
        assertThat(ring.newerThan(FIRST)).isCompletedWithValue(SECOND);
        assertThat(fetches).hasValue(2);
    }

    @Test
    void number_of_waiting_callers_is_limited() {
        List<CompletionStage<JwtParser>> waiting = new ArrayList<>();
        for (int i = 0; i < KeyRing.MAX_WAITING; i++) {
            waiting.add(ring.current());
        }
        assertThat(ring.current().toCompletableFuture().exceptionNow()).isInstanceOf(KeysUnavailableException.class);

        answers.add(new Answer.Failure());
        waiting.forEach(stage -> assertThat(stage).failsWithin(Patience.LIMIT));

        advance(KeyRing.FIRST_FETCH_INTERVAL);
        fetchKeys(FIRST);
    }

    /** Uses the ring; its fetch returns the parser. */
    private void fetchKeys(JwtParser parser) {
        CompletionStage<JwtParser> stage = ring.current();
        answers.add(new Answer.Keys(parser));
        assertThat(Verified.join(stage)).isSameAs(parser);
    }

    private void advance(Duration duration) {
        now.addAndGet(duration.toNanos());
    }

    private static boolean isDone(CompletionStage<?> stage) {
        return stage.toCompletableFuture().isDone();
    }
}
