package dev.carillon.lab.rehearse;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PageStreamTest {
    private static final long NOW = 5_000_000;

    private final RehearsalCounts counts = new RehearsalCounts();
    private final PageStream page = new PageStream(counts, () -> NOW);

    private void lines(String... lines) {
        List.of(lines).forEach(page::line);
    }

    @Test
    void a_stream_is_open_from_its_first_event() {
        lines("retry: 700", "", "event: carillon.open", "data: {}", "");
        page.ended(false);

        assertThat(counts.streams()).isEqualTo(new RehearsalResult.Streams(1, 1, 0, 1, 0, 0));
    }

    @Test
    void a_temporary_refusal_is_no_open_stream() {
        lines("retry: 4000", "");
        page.ended(false);

        assertThat(counts.streams()).isEqualTo(new RehearsalResult.Streams(0, 0, 0, 0, 1, 0));
        assertThat(page.retrySeconds()).isEqualTo(4);
    }

    @Test
    void a_response_that_its_user_left_before_it_opened_is_no_refusal() {
        page.ended(true);

        assertThat(counts.streams()).isEqualTo(new RehearsalResult.Streams(0, 0, 0, 0, 0, 0));
    }

    @Test
    void a_reconnect_sends_the_last_id() {
        lines("id: a", "", "id: b", "");
        page.ended(false);

        assertThat(page.lastId()).hasValue("b");
    }

    @Test
    void a_line_without_a_number_is_ignored() {
        lines(
                "retry: soon",
                "retry: 99999999999999999999",
                "data: @rehearsal,x",
                "data: @rehearsal,",
                "data: @rehearsal,1000000");

        assertThat(page.retrySeconds()).isEqualTo(3);
        assertThat(counts.deliveries().count()).isEqualTo(1);
        assertThat(counts.deliveries().maxMicros()).isBetween(4_000L, 4_010L);
    }
}
