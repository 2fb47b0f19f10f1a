package dev.carillon.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The JSON text of a broadcast. */
class BroadcastTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                " {\"a\" : [1, -0.5e+3, true, null, {}], \"b\":\"\\u00e9\\n\\/\"} ",
                "\"text\"",
                "0",
                "-1.25E-7",
                "false",
                "null",
                "[]"
            })
    void json_value_is_sent_as_it_is_written(String value) {
        assertThat(Broadcast.to("topic:a").json(value).toJson())
                .isEqualTo("{\"scopes\":[\"topic:a\"],\"data\":" + value + "}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "1,\"scopes\":[\"global\"]|1",
                "1},{\"scopes\":[\"global\"],\"data\":2|1",
                "{\"a\":1,}|7",
                "[1,]|3",
                "[1 2]|3",
                "{\"a\":\"x|7",
                "{a:1}|1",
                "01|1",
                "+1|0",
                "1f|1",
                "NaN|0",
                "truth|0",
                "\"\\x\"|2",
                "\"\\u+123\"|3",
                "``|0"
            })
    void text_that_is_not_one_json_value_is_refused_with_its_position(String value, int position) {
        assertThatThrownBy(() -> Broadcast.to("topic:a").json(value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("json: ")
                .hasMessageEndingWith("position " + position);
    }

    @Test
    void control_characters_and_values_nested_too_deep_are_refused() {
        String deepest = "[".repeat(100) + "]".repeat(100);

        assertThat(Broadcast.to("topic:a").json(deepest).toJson()).contains(deepest);
        assertThatThrownBy(() -> Broadcast.to("topic:a").json("[" + deepest + "]"))
                .hasMessageEndingWith("position 100");
        assertThatThrownBy(() -> Broadcast.to("topic:a").json("\"a\nb\"")).hasMessageEndingWith("position 2");
    }
}
