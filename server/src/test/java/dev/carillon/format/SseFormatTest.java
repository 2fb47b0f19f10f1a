package dev.carillon.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Live;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SseFormatTest {
    private final SseFormat format = SseFormat.OWN;

    private String encode(Event.Draft draft, boolean withId) {
        Live live = new Live(draft.build(), new Position(7, 9, 1), List.of());
        return new String(format.encode(live, withId), StandardCharsets.UTF_8);
    }

    @Test
    void fields_are_written_in_the_order_event_retry_id_data() {
        assertThat(encode(
                        Event.to(Scope.GLOBAL)
                                .id("urn:x")
                                .type("tick")
                                .retryMillis(3000L)
                                .data("hi"),
                        true))
                .isEqualTo("event: tick\nretry: 3000\nid: urn:x\ndata: hi\n\n");
    }

    @Test
    void line_breaks_of_all_kinds_split_data() {
        assertThat(encode(Event.to(Scope.GLOBAL).data("a\r\nb\rc\nd\n"), false))
                .isEqualTo("data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
    }

    @Test
    void event_without_an_id_has_a_generated_one_and_event_without_data_an_empty_line() {
        assertThat(encode(Event.to(Scope.GLOBAL), true))
                .isEqualTo("id: " + EventIds.of(new Position(7, 9, 0)) + "\ndata: \n\n");
    }

    @Test
    void type_message_is_omitted_as_it_is_the_default() {
        assertThat(encode(Event.to(Scope.GLOBAL).type("message").data("x"), false))
                .isEqualTo("data: x\n\n");
    }

    @Test
    void mercure_format_writes_every_type_and_only_gaps_of_the_notices() {
        SseFormat mercure = SseFormat.MERCURE;
        Live live =
                new Live(Event.to(Scope.GLOBAL).type("message").data("x").build(), new Position(7, 9, 1), List.of());

        assertThat(text(mercure.encode(live, false))).isEqualTo("event: message\ndata: x\n\n");
        assertThat(text(mercure.preamble())).isEqualTo(":\n");
        assertThat(text(mercure.heartbeat())).isEqualTo(":\n");
        assertThat(text(mercure.notice(Gap.TYPE, "{}"))).isEqualTo("event: carillon.gap\ndata: {}\n\n");
        assertThat(text(mercure.notice("carillon.status", "{}"))).isEmpty();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
