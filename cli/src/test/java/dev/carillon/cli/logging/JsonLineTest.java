package dev.carillon.cli.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

class JsonLineTest {
    private static final Instant TIME = Instant.parse("2026-11-28T13:03:07.512Z");

    @Test
    void values_are_members_of_the_line() throws IOException {
        JsonNode line = line(
                event(null, new KeyValuePair("node", "n\n\"1\""), new KeyValuePair("port", 8081), pair("on", true)),
                true);

        assertThat(line.toString())
                .isEqualTo("{\"time\":\"2026-11-28T13:03:07.512Z\",\"level\":\"WARN\",\"logger\":\"a.Logger\","
                        + "\"thread\":\"" + Thread.currentThread().getName() + "\",\"message\":\"said 1\","
                        + "\"node\":\"n\\n\\\"1\\\"\",\"port\":8081,\"on\":true}");
    }

    @Test
    void values_with_a_name_that_is_taken_get_another() throws IOException {
        JsonNode line = line(event(null, pair("level", "debug"), pair("level", 1L), pair("error", null)), true);

        assertThat(line.get("level").asText()).isEqualTo("WARN");
        assertThat(line.get("level_").asText()).isEqualTo("debug");
        assertThat(line.get("level__").asInt()).isEqualTo(1);
        assertThat(line.get("error_").isNull()).isTrue();
    }

    @Test
    void exceptions_have_their_stack_trace_unless_they_are_of_libraries() throws IOException {
        LoggingEvent event = event(new IllegalStateException("broken", new IOException("below")));

        assertThat(line(event, true).get("error").asText())
                .startsWith("java.lang.IllegalStateException: broken")
                .contains("\tat " + JsonLineTest.class.getName())
                .contains("Caused by: java.io.IOException: below");
        assertThat(line(event, false).get("error").asText()).isEqualTo("java.lang.IllegalStateException: broken");
    }

    private static KeyValuePair pair(String name, @Nullable Object value) {
        return new KeyValuePair(name, value);
    }

    private static LoggingEvent event(@Nullable Throwable e, KeyValuePair... pairs) {
        Logger logger = new LoggerContext().getLogger("a.Logger");
        LoggingEvent event = new LoggingEvent("", logger, Level.WARN, "said {}", e, new Object[] {1});
        event.setInstant(TIME);
        event.setKeyValuePairs(List.of(pairs));
        return event;
    }

    private static JsonNode line(LoggingEvent event, boolean stackTrace) throws IOException {
        String line = new String(JsonLine.encode(event, stackTrace), StandardCharsets.UTF_8);
        assertThat(line).endsWith("}\n");
        assertThat(line.strip().lines()).hasSize(1);
        return new ObjectMapper().readTree(line);
    }
}
