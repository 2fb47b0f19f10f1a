package dev.carillon.autopsy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.scope.Tenant;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What one node asks all nodes about an event.
 *
 * @param event null: it is not in the log, and only the broadcast is looked for
 * @param context only the client of this context; null: all
 * @param user only clients of this user; null: all
 */
record Question(
        Tenant tenant,
        String id,
        @Nullable EventFacts event,
        @Nullable String context,
        @Nullable String user) {
    private static final JsonMapper JSON = new JsonMapper();

    /** Whether it is about some clients, who are all listed. */
    boolean isAboutClients() {
        return context != null || user != null;
    }

    String text() {
        ObjectNode json = JSON.createObjectNode().put("tenant", tenant.name()).put("id", id);
        if (event != null) {
            event.addTo(json.putObject("event"));
        }
        if (context != null) {
            json.put("context", context);
        }
        if (user != null) {
            json.put("user", user);
        }
        return json.toString();
    }

    /** @throws CarillonException {@code invalid-request} for text that {@link #text} did not return */
    static Question read(String text) {
        try {
            JsonNode json = JSON.readTree(text);
            return new Question(
                    Tenant.ofToken(json.path("tenant").asText()),
                    json.path("id").asText(),
                    json.path("event").isObject() ? EventFacts.read(json.path("event")) : null,
                    json.path("context").textValue(),
                    json.path("user").textValue());
        } catch (IOException | RuntimeException e) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "the question about an event cannot be read");
        }
    }
}
