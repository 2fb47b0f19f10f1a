package dev.carillon.cli.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import ch.qos.logback.core.spi.FilterReply;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LineLimitTest {
    private static final Logger OWN = (Logger) LoggerFactory.getLogger(LineLimit.class);

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final LineLimit limit = new LineLimit(now::get);
    private final ListAppender<ILoggingEvent> told = new ListAppender<>();

    @BeforeEach
    void listen() {
        told.start();
        OWN.addAppender(told);
    }

    @AfterEach
    void leave() {
        OWN.detachAppender(told);
    }

    @Test
    void few_lines_of_one_kind_pass_in_one_period_and_the_next_period_says_how_many_did_not() {
        assertThat(passed("a", "UT1: head %d", 50)).isEqualTo(LineLimit.LINES);
        assertThat(told.list).isEmpty();

        now.addAndGet(LineLimit.PERIOD.toNanos());
        assertThat(passed("a", "UT1: head %d", 50)).isEqualTo(LineLimit.LINES);
        assertThat(told.list).hasSize(1);
        assertThat(told.list.getFirst().getKeyValuePairs()).hasToString("[lines=\"40\"]");
    }

    @Test
    void other_kinds_pass_beside_it() {
        passed("a", "UT1: head %d", 50);

        assertThat(passed("b", "UT1: head %d", 3)).isEqualTo(3);
        assertThat(passed("a", "UT2: head %d", 3)).isEqualTo(3);
        assertThat(passed("a", "oneword", 50)).isEqualTo(LineLimit.LINES);
    }

    @Test
    void client_that_chooses_the_first_word_fills_no_log() {
        long lines = 0;
        for (int i = 0; i < 10_000; i++) {
            lines += passed("a", i + " words of a client %d", 1);
        }
        assertThat(lines).isEqualTo(LineLimit.KINDS + LineLimit.LINES);

        now.addAndGet(LineLimit.PERIOD.toNanos());
        assertThat(passed("a", "UT1: head %d", 1)).isEqualTo(1);
        assertThat(told.list.getFirst().getKeyValuePairs()).hasToString("[lines=\"9890\"]");
    }

    private long passed(String logger, String message, int lines) {
        return IntStream.range(0, lines)
                .filter(i -> {
                    LoggingEvent event = new LoggingEvent();
                    event.setLoggerName(logger);
                    event.setLevel(Level.ERROR);
                    event.setMessage(message.formatted(i));
                    return limit.decide(event) == FilterReply.NEUTRAL;
                })
                .count();
    }
}
