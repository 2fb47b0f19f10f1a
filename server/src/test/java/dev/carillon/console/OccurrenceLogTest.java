package dev.carillon.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class OccurrenceLogTest {
    private final OccurrenceLog log = new OccurrenceLog(() -> Instant.ofEpochMilli(5));

    @Test
    void newest_come_first_and_older_ones_are_dropped() {
        for (int i = 1; i <= 2 * OccurrenceLog.MAX; i++) {
            log.note("kind", "subject", "text " + i);
        }

        assertThat(log.last(Integer.MAX_VALUE)).hasSize(OccurrenceLog.MAX);
        assertThat(log.last(2)).extracting(Occurrence::text).containsExactly("text 400", "text 399");
        assertThat(log.last(1)).extracting(Occurrence::number).containsExactly(400L);
    }

    @Test
    void text_is_one_line_of_limited_length() {
        log.warn("kind", "a\nb", "x".repeat(10_000));

        Occurrence only = log.last(1).getFirst();
        assertThat(only.subject()).isEqualTo("a?b");
        assertThat(only.text()).hasSize(OccurrenceLog.MAX_CHARS + 1);
        assertThat(only.isBad()).isTrue();
        assertThat(only.json().path("at").asLong()).isEqualTo(5);
    }
}
