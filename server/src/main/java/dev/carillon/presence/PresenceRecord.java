package dev.carillon.presence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The stored form of a {@link Subject}.
 *
 * <pre>
 *  (absent) ──enter──▶ announcing JOIN ──announced──▶ present ──last node exits──▶ announcing LEAVE ──announced──▶ (absent)
 *                                                     ▲     │
 *                                                     └─────┘ other nodes enter and exit
 * </pre>
 *
 * <p>Every arrow is one compare-and-set. A node that changes a record which another one is announcing repeats that announcement first; so each is sent in
 * order, and at least once. It is delivered once, as all nodes derive its key from {@link #life}.
 *
 * @param life random, new whenever the subject enters: it distinguishes this presence from the ones before
 * @param nodes where the subject is connected; none while its leave is announced
 * @param data the user's data as JSON text; null: none
 * @param announcing the node that is announcing the last change; null: the change was announced
 */
record PresenceRecord(
        String life,
        List<NodeLife> nodes,
        @Nullable String data,
        @Nullable NodeLife announcing) {
    private static final JsonMapper JSON = new JsonMapper();
    /** Refuses text after the value. */
    private static final ObjectReader STRICT = JSON.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** A node, from one start to its end. */
    record NodeLife(String node, long generation) {
        private static NodeLife of(JsonNode json) {
            return new NodeLife(
                    json.path("node").asText(), json.path("generation").asLong());
        }

        private void write(ObjectNode json) {
            json.put("node", node).put("generation", generation);
        }
    }

    /** A record and its revision in the store. */
    record Stored(PresenceRecord record, long revision) {}

    PresenceRecord {
        nodes = List.copyOf(nodes);
    }

    boolean isPresent() {
        return !nodes.isEmpty();
    }

    PresenceRecord announced() {
        return new PresenceRecord(life, nodes, data, null);
    }

    /** Adds a node, in place of its earlier starts. */
    PresenceRecord with(NodeLife node) {
        List<NodeLife> more = new ArrayList<>(nodes);
        more.removeIf(each -> each.node().equals(node.node()));
        more.add(node);
        return new PresenceRecord(life, more, data, null);
    }

    /**
     * Removes nodes.
     *
     * @param by announces the leave if no node is left
     */
    PresenceRecord without(Collection<NodeLife> gone, NodeLife by) {
        List<NodeLife> rest = new ArrayList<>(nodes);
        rest.removeAll(gone);
        return new PresenceRecord(life, rest, data, rest.isEmpty() ? by : null);
    }

    byte[] bytes(Subject subject) {
        ObjectNode json = JSON.createObjectNode();
        json.put("life", life);
        if (subject.isScope()) {
            json.put("scope", subject.scope().text());
        }
        ArrayNode array = json.putArray("nodes");
        nodes.forEach(node -> node.write(array.addObject()));
        if (data != null) {
            json.put("data", data);
        }
        if (announcing != null) {
            announcing.write(json.putObject("announcing"));
        }
        return Text.utf8(json.toString());
    }

    /** Empty for an unknown form, which a newer release may write. */
    static Optional<JsonNode> read(byte[] bytes) {
        try {
            JsonNode json = JSON.readTree(bytes);
            return json.path("life").asText().isEmpty() ? Optional.empty() : Optional.of(json);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    static PresenceRecord of(JsonNode json) {
        List<NodeLife> nodes = new ArrayList<>();
        json.path("nodes").forEach(node -> nodes.add(NodeLife.of(node)));
        JsonNode announcing = json.get("announcing");
        return new PresenceRecord(
                json.path("life").asText(),
                nodes,
                json.path("data").textValue(),
                announcing == null ? null : NodeLife.of(announcing));
    }

    /** The data of an event about a user, as JSON. */
    static String event(String user, @Nullable String data) {
        ObjectNode json = JSON.createObjectNode().put("user", user);
        JsonNode parsed = json(data);
        if (parsed != null) {
            json.set("data", parsed);
        }
        return json.toString();
    }

    /** Data of a user as JSON text, which can be written into other JSON as it is. */
    static @Nullable String jsonText(@Nullable String data) {
        try {
            return data == null || !STRICT.readTree(data).isMissingNode() ? data : "\"\"";
        } catch (JsonProcessingException e) {
            // An authorizer of the application may give any text.
            return JSON.getNodeFactory().textNode(data).toString();
        }
    }

    /** Parses data of a user; null: there is none. */
    static @Nullable JsonNode json(@Nullable String data) {
        try {
            return data == null ? null : JSON.readTree(data);
        } catch (JsonProcessingException e) {
            // An authorizer of the application may give any text.
            return JSON.getNodeFactory().textNode(data);
        }
    }
}
