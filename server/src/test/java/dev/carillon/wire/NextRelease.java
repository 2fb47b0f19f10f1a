package dev.carillon.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.Text;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;

/** What a made-up next release adds. */
public final class NextRelease {
    /** Members whose content belongs to applications, and filters, of which no criterion may be ignored. */
    private static final Set<String> CLOSED = Set.of("payload", "data", "filter");

    private static final JsonMapper JSON = new JsonMapper();

    private NextRelease() {}

    /** JSON with further members in every object. */
    public static byte[] json(byte[] now) {
        try {
            JsonNode read = JSON.readTree(now);
            extend(read);
            return Text.utf8(read.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void extend(JsonNode node) {
        if (node.isArray()) {
            node.forEach(NextRelease::extend);
        } else if (node instanceof ObjectNode object) {
            object.properties().forEach(member -> {
                if (!CLOSED.contains(member.getKey())) {
                    extend(member.getValue());
                }
            });
            object.put("next-text", "later").put("next-number", 1.5).putNull("next-null");
            object.putObject("next-object").putArray("list").add(1).add("two");
        }
    }
}
