package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.carillon.base.CloseReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The description of {@code /ws}: the page, the schema and the AsyncAPI document agree. */
class StreamPageTest {
    private static final Path DOCS = Path.of("../docs");
    private static final Pattern MESSAGE = Pattern.compile("^(?:    |\\| `)(\\{.*?\\})(?:$|` \\|)", Pattern.MULTILINE);

    @Test
    void every_message_on_the_page_is_valid() throws IOException {
        String page = Files.readString(DOCS.resolve("stream.md"));
        List<String> messages = MESSAGE.matcher(page)
                .results()
                .map(MatchResult::group)
                .map(text -> text.replaceAll("^(?:    |\\| `)|(?:` \\|)$", ""))
                .toList();
        assertThat(messages).hasSizeGreaterThanOrEqualTo(11);
        for (String message : messages) {
            JsonNode json = new ObjectMapper()
                    .readTree(message.replace("cursor:…", "cursor:1:a.b.c").replace("\":…", "\":\"x\""));
            if (!StreamSchema.isClientMessage(json)) {
                StreamSchema.checkServerMessage(json);
            }
        }
    }

    @Test
    void asyncapi_has_every_message_of_the_schema() throws IOException {
        JsonNode api = new ObjectMapper(new YAMLFactory())
                .readTree(DOCS.resolve("stream.asyncapi.yaml").toFile());
        JsonNode schema = StreamSchema.read().path("$defs");
        List<String> all = new ArrayList<>();
        for (String side : List.of("serverMessage", "clientMessage")) {
            schema.path(side)
                    .path("oneOf")
                    .forEach(one -> all.add(one.path("$ref").asText().replace("#/$defs/", "")));
        }
        assertThat(api.path("asyncapi").asText()).isEqualTo("3.0.0");
        assertThat(names(api.path("channels").path("ws").path("messages"))).containsExactlyElementsOf(all);
        assertThat(names(api.path("components").path("messages"))).containsExactlyElementsOf(all);
        List<String> used = Stream.of("send", "receive")
                .flatMap(operation ->
                        api.path("operations").path(operation).path("messages").valueStream())
                .map(one -> one.path("$ref").asText().replaceAll(".*/", ""))
                .toList();
        assertThat(used).containsExactlyInAnyOrderElementsOf(all);
        api.path("components").path("messages").forEach(message -> {
            String reference =
                    message.path("payload").path("schema").path("$ref").asText();
            assertThat(reference).startsWith("./stream.schema.json#/$defs/");
            assertThat(schema.has(reference.replaceAll(".*/", "")))
                    .as(reference)
                    .isTrue();
        });
    }

    private static List<String> names(JsonNode object) {
        return object.propertyStream().map(Map.Entry::getKey).toList();
    }

    @Test
    void every_close_reason_is_in_the_table() throws IOException {
        String page = Files.readString(DOCS.resolve("application.md"));
        for (CloseReason reason : CloseReason.values()) {
            String code = reason == CloseReason.CLIENT_LEFT ? "" : " " + reason.webSocketStatus();
            assertThat(page).contains("| `" + reason.code() + "` |" + code + " |");
        }
    }
}
