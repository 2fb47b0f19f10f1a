package dev.carillon.scope;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;

/** Checks texts that are written into JSON documents unchanged. */
final class JsonText {
    static final int MAX_DEPTH = 100;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(Event.MAX_DATA_BYTES)
                    .maxStringLength(Event.MAX_DATA_BYTES)
                    .maxNameLength(Event.MAX_DATA_BYTES)
                    .build())
            // Symbol tables are for documents of one kind; names that clients choose would only fill them.
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    private JsonText() {}

    /** Whether the text is one JSON value (RFC 8259), and nothing else. */
    static boolean isValue(String text) {
        try (JsonParser parser = FACTORY.createParser(text)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }
}
