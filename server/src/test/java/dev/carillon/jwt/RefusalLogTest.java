package dev.carillon.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.carillon.auth.KeysUnavailableException;
import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class RefusalLogTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(RefusalLog.class);
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger hints = new AtomicInteger();
    /** Unique, as other tests of this process may log too. */
    private final String name = "test-" + System.identityHashCode(this);

    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final RefusalLog log = new RefusalLog(name, registry, nanos::get);

    @BeforeEach
    void listen() {
        appender.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(appender);
    }

    @AfterEach
    void close() {
        logger.setLevel(null);
        logger.detachAppender(appender);
    }

    @Test
    void every_refusal_is_counted_by_presenter_and_code() {
        assertThat(count(ErrorCode.TOKEN_EXPIRED)).isZero();
        refuse(new RefusedException(ErrorCode.TOKEN_EXPIRED, "old"));
        for (int i = 0; i < 3; i++) {
            refuse(new RefusedException(ErrorCode.TOKEN_INVALID, "one"));
        }

        assertThat(count(ErrorCode.TOKEN_EXPIRED)).isEqualTo(1);
        assertThat(count(ErrorCode.TOKEN_INVALID)).isEqualTo(3);
    }

    private double count(ErrorCode code) {
        return registry.get("carillon.tokens.refused")
                .tag("presenter", name)
                .tag("code", code.code())
                .counter()
                .count();
    }

    @Test
    void each_reason_is_logged_once_per_interval_with_the_number_of_suppressed_refusals() {
        refuse(new RefusedException(ErrorCode.TOKEN_INVALID, "one"));
        refuse(new RefusedException(ErrorCode.TOKEN_INVALID, "two", "see two"));
        for (int i = 0; i < 1_000; i++) {
            refuse(new RefusedException(ErrorCode.TOKEN_INVALID, "one"));
        }
        assertThat(lines()).containsExactly("WARN one, a hint, 0", "WARN two, see two, 0");

        nanos.addAndGet(RefusalLog.INTERVAL.toNanos());
        refuse(new RefusedException(ErrorCode.TOKEN_INVALID, "one"));

        assertThat(lines().getLast()).isEqualTo("WARN one, a hint, 1000");
        assertThat(hints).hasValue(2);
    }

    @Test
    void expired_token_is_logged_as_information() {
        refuse(new RefusedException(ErrorCode.TOKEN_EXPIRED, "old", "by 5 s"));

        assertThat(lines()).containsExactly("INFO old, by 5 s, 0");
    }

    @Test
    void reasons_beyond_the_limit_share_a_line() {
        for (int i = 0; i < 1_000; i++) {
            refuse(new RefusedException(ErrorCode.TOKEN_INVALID, "reason " + i));
        }

        assertThat(lines()).hasSize(RefusalLog.MAX_REASONS + 1);
    }

    @Test
    void other_results_are_not_logged_and_pass_unchanged() {
        assertThat(log.watch(CompletableFuture.completedFuture("granted"), () -> "a hint"))
                .isCompletedWithValue("granted");
        KeysUnavailableException unavailable = new KeysUnavailableException("unavailable");
        CompletionStage<String> failed = log.watch(CompletableFuture.failedFuture(unavailable), () -> "a hint");

        assertThat(failed.toCompletableFuture().handle((granted, e) -> e).join())
                .hasRootCause(unavailable)
                .isInstanceOf(CompletionException.class);
        assertThat(lines()).isEmpty();
    }

    private void refuse(RefusedException refused) {
        CompletionStage<String> stage = log.watch(CompletableFuture.failedFuture(refused), () -> {
            hints.incrementAndGet();
            return "a hint";
        });
        assertThat(stage.toCompletableFuture()).isCompletedExceptionally();
    }

    private List<String> lines() {
        return List.copyOf(appender.list).stream()
                .filter(event -> name.equals(event.getKeyValuePairs().getFirst().value))
                .map(event -> event.getLevel() + " "
                        + event.getKeyValuePairs().stream()
                                .skip(1)
                                .map(pair -> String.valueOf(pair.value))
                                .collect(Collectors.joining(", ")))
                .toList();
    }
}
