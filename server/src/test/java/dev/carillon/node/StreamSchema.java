package dev.carillon.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Set;

/** The schema of WebSocket messages in the documentation. */
final class StreamSchema {
    static final Path FILE = Path.of("../docs/stream.schema.json");
    private static final JsonSchema SERVER = of("serverMessage");
    private static final JsonSchema CLIENT = of("clientMessage");

    private StreamSchema() {}

    static JsonNode read() {
        try {
            return new ObjectMapper().readTree(FILE.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonSchema of(String definition) {
        ObjectNode schema = read().deepCopy();
        schema.put("$ref", "#/$defs/" + definition);
        schema.remove("oneOf");
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(schema);
    }

    static void checkServerMessage(JsonNode message) {
        check(SERVER, message);
    }

    static void checkClientMessage(JsonNode message) {
        check(CLIENT, message);
    }

    static boolean isClientMessage(JsonNode message) {
        return CLIENT.validate(message).isEmpty();
    }

    private static void check(JsonSchema schema, JsonNode message) {
        Set<ValidationMessage> problems = schema.validate(message);
        if (!problems.isEmpty()) {
            throw new AssertionError(message + " breaks docs/stream.schema.json: " + problems);
        }
    }
}
