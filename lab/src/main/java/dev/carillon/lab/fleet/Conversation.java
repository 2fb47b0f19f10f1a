package dev.carillon.lab.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.lab.fleet.Fleet.Messages;
import dev.carillon.lab.fleet.Fleet.Resume;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one client of {@code /ws}, connection after connection: it authenticates, subscribes or resumes as planned, and passes events on.
 * Without a plan it sends nothing. Confined to the fleet's thread.
 */
final class Conversation {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int REF = 1;

    private final @Nullable Messages plan;
    private final Consumer<StreamEvent> onEvent;
    private final Consumer<String> send;

    private String lastId = "";
    /** Start of the current connection, if it did not resume. */
    private String start = "";

    private int retryMillis = -1;
    private boolean open;
    private boolean failed;
    private boolean ignoring;

    Conversation(@Nullable Messages plan, Consumer<StreamEvent> onEvent, Consumer<String> send) {
        this.plan = plan;
        this.onEvent = onEvent;
        this.send = send;
    }

    void received(byte[] text) {
        JsonNode json;
        try {
            json = JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        switch (json.path("type").asText()) {
            case "retry" -> retryMillis = json.path("delay").asInt();
            case "authenticate" -> authenticate();
            case "open" -> opened(json);
            case "reply" -> replied(json);
            case "event" -> {
                if (!ignoring) {
                    event(json);
                }
            }
            case "gap", "status" -> {
                if (json.path("reason").asText().equals("unknown") && !start.isEmpty()) {
                    resumeFrom(start);
                }
                notice(json);
            }
            default -> {
                // Nothing else concerns the events.
            }
        }
    }

    /** As the event that an event stream has in its place. */
    private void notice(JsonNode json) {
        onEvent.accept(new StreamEvent(
                json.path("cursor").asText(), "carillon." + json.path("type").asText(), json.toString()));
    }

    private void event(JsonNode json) {
        String id = json.path("id").asText();
        resumeFrom(id);
        onEvent.accept(new StreamEvent(
                id, json.path("event").asText(), json.path("data").asText()));
    }

    private void authenticate() {
        if (plan == null) {
            failed = true;
        } else {
            send.accept(JsonNodeFactory.instance
                    .objectNode()
                    .put("access_token", plan.token())
                    .toString());
        }
    }

    private void opened(JsonNode json) {
        start = json.path("cursor").asText();
        Resume how = plan == null ? Resume.BY_REQUEST : plan.resume();
        boolean first = lastId.isEmpty();
        if (first || how == Resume.BY_REQUEST) {
            resumeFrom(start);
        }
        notice(json);
        switch (how) {
            case BY_REQUEST -> open = true;
            case BY_SUBSCRIBE -> subscribe(first ? "" : lastId);
            case ALL_SCOPES -> {
                if (first) {
                    open = true;
                } else {
                    ignoring = true;
                    send.accept(message("resume").put("after", lastId).toString());
                }
            }
            case EACH_SCOPE -> {
                if (first) {
                    subscribe("");
                } else {
                    resumeEach();
                }
            }
        }
    }

    /** The node closes the connection. As the event that an event stream has in its place. */
    void closing(String reason) {
        ended("carillon.close", reason);
    }

    private void ended(String type, String reason) {
        onEvent.accept(new StreamEvent(
                "",
                type,
                JsonNodeFactory.instance.objectNode().put("reason", reason).toString()));
    }

    private static ObjectNode message(String type) {
        return JsonNodeFactory.instance.objectNode().put("type", type).put("ref", REF);
    }

    private void subscribe(String after) {
        ObjectNode message = message("subscribe");
        ArrayNode topics = message.putArray("topics");
        for (String scope : planned().scopes()) {
            String name = scope.substring(scope.indexOf(':') + 1);
            if (scope.startsWith("route:")) {
                message.put("route", name);
            } else {
                topics.add(name);
            }
        }
        if (!after.isEmpty()) {
            message.put("after", after);
        }
        send.accept(message.toString());
    }

    private void resumeEach() {
        ObjectNode message = message("resume");
        ObjectNode scopes = message.putObject("scopes");
        // Scopes with different positions would be resumed one after the other, which mixes up the order across scopes.
        planned().scopes().forEach(scope -> scopes.put(scope, lastId));
        send.accept(message.toString());
    }

    private Messages planned() {
        if (plan == null) {
            throw new IllegalStateException("a client without messages");
        }
        return plan;
    }

    private void replied(JsonNode json) {
        if (json.path("status").asText().equals("ok")) {
            ignoring = false;
            open = true;
        } else {
            failed = true;
            ended("carillon.refused", json.path("code").asText());
        }
    }

    String lastId() {
        return lastId;
    }

    void resumeFrom(String id) {
        if (!id.isEmpty()) {
            lastId = id;
        }
    }

    int retryMillis() {
        return retryMillis;
    }

    /** Whether all scopes are live, as far as the client knows. */
    boolean isOpen() {
        return open;
    }

    /** Whether a message was refused, so that the client must connect again. */
    boolean hasFailed() {
        return failed;
    }

    /** A connection begins. */
    void reset() {
        open = false;
        failed = false;
        ignoring = false;
        start = "";
    }
}
