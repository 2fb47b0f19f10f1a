package dev.carillon.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonFieldsTest {
    @Test
    void members_are_fields_with_dots() {
        assertThat(JsonFields.read(" { \"a\" : \"x\\u00e4\\n\\\"\" , \"b\" : { \"c\" : -1.5e3 , \"d\":{} } ,"
                        + "\"e\":true,\"f\":null,\"g\":[1,{\"h\":[\"]\"]},null] } "))
                .isEqualTo(Map.of("a", "xä\n\"", "b.c", "-1.5e3", "e", "true", "g", "[1,{\"h\":[\"]\"]},null]"));
        assertThat(JsonFields.read("{}")).isEmpty();
    }

    @Test
    void other_texts_are_refused() {
        for (String wrong : List.of(
                "",
                "[]",
                "{",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{\"a\":01}",
                "{\"a\":1}x",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u12\"}",
                "{\"a\":\"\n\"}",
                "{a:1}",
                "{\"a\":[1}",
                "{\"a\":1,\"a\":2}",
                "{\"a\":{\"b\":1},\"a.b\":2}",
                "{\"a\":" + "[".repeat(99) + "]".repeat(99) + "}",
                "{\"a\":".repeat(99) + "1" + "}".repeat(99))) {
            assertThatThrownBy(() -> JsonFields.read(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
