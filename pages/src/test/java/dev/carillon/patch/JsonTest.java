package dev.carillon.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void values_are_written_without_markup_and_in_one_line() {
        assertThat(Json.write(Arrays.asList(1, -2.5, true, null, "a\"\\\n\u0001</template>&\ud83d\ude00\ud800")))
                .isEqualTo(
                        "[1,-2.5,true,null,\"a\\\"\\\\\\n\\u0001\\u003c/template\\u003e\\u0026\ud83d\ude00\\ud800\"]");
        assertThat(Json.write(Map.of("k", List.of(Map.of())))).isEqualTo("{\"k\":[{}]}");
    }

    @Test
    void other_values_are_refused() {
        assertThatThrownBy(() -> Json.write(Double.NaN)).hasMessageContaining("java.lang.Double");
        assertThatThrownBy(() -> Json.write(List.of(new Object()))).hasMessageContaining("java.lang.Object");
    }
}
