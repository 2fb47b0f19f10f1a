package dev.carillon.patch;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads a JSON object as fields: a member of an object inside it has a name with dots. Texts are as they are, numbers and booleans as they are written, an array is
 * its JSON text, and null is left out.
 */
public final class JsonFields {
    private static final int MAX_DEPTH = 16;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();

    private final JsonParser parser;
    private final Map<String, String> fields = new LinkedHashMap<>();

    private JsonFields(JsonParser parser) {
        this.parser = parser;
    }

    /** @throws IllegalArgumentException with what is wrong with the text */
    public static Map<String, String> read(String json) {
        try (JsonParser parser = FACTORY.createParser(json)) {
            JsonFields reader = new JsonFields(parser);
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("must be a JSON object");
            }
            reader.members("");
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("must have nothing after the object");
            }
            return reader.fields;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("must be a JSON object: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            // The text is in memory.
            throw new UncheckedIOException(e);
        }
    }

    private void members(String prefix) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = prefix + parser.currentName();
            JsonToken value = parser.nextToken();
            switch (value) {
                case START_OBJECT -> members(name + ".");
                case START_ARRAY -> put(name, array());
                case VALUE_NULL -> {
                    // As if it were not there.
                }
                default -> put(name, parser.getText());
            }
        }
    }

    private String array() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator copy = FACTORY.createGenerator(text)) {
            copy.copyCurrentStructure(parser);
        }
        return text.toString();
    }

    private void put(String name, String text) {
        if (fields.putIfAbsent(name, text) != null) {
            throw new IllegalArgumentException("must have each name once");
        }
    }
}
