package dev.carillon.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceparentTest {
    private static final String CONTEXT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    private static final Event EVENT = Event.to(Scope.topic("news")).data("x").build();

    @Test
    void event_carries_its_trace_context() {
        Event traced = EVENT.withTraceparent(CONTEXT);

        assertThat(EventWire.decode(EventWire.encode(traced)).event()).isEqualTo(traced);
        assertThat(traced.withTraceparent(null)).isEqualTo(EVENT);
    }

    @Test
    void trace_context_does_not_count_in_the_digest_of_an_event() {
        Event traced = EVENT.withTraceparent(CONTEXT);

        assertThat(EventWire.digest(traced, EventWire.encode(traced)))
                .isEqualTo(EventWire.digest(EVENT, EventWire.encode(EVENT)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x"
            })
    void other_texts_are_no_trace_context(String text) {
        assertThat(Event.isTraceparent(text)).isFalse();
        assertThatThrownBy(() -> EVENT.withTraceparent(text)).isInstanceOf(CarillonException.class);
    }
}
