package dev.carillon.page.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.page.RequestAttribute;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestStateTest {
    private final RequestState state = new RequestState(Map.of());

    @Test
    void attributes_are_bounded_by_their_size_on_the_way_to_another_node() {
        state.set(RequestAttribute.text("ascii"), "a".repeat(1_000));
        state.set(RequestAttribute.text("wide"), "漢".repeat(100));

        assertThatThrownBy(() -> state.set(RequestAttribute.text("wide"), "漢".repeat(200)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(state.attribute(RequestAttribute.text("wide"))).hasValue("漢".repeat(100));
    }

    @Test
    void attributes_are_bounded_in_number() {
        for (int i = 0; i < 50; i++) {
            state.set(RequestAttribute.text("a" + i), "");
        }

        assertThatThrownBy(() -> state.set(RequestAttribute.text("more"), ""))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
