package dev.carillon.autopsy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.cluster.Answers;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the cluster knows of an event.
 *
 * @param facts null: the nodes remember the broadcast, but nothing else about the event
 * @param events number of events in the log with this id, of which this is the last
 * @param logAvailable whether the log could be read
 * @param read answers of the nodes
 * @param answers also names the nodes that did not answer
 */
public record Explanation(
        Inquiry.Asked asked,
        @Nullable EventFacts facts,
        int events,
        boolean logAvailable,
        Map<String, JsonNode> read,
        Answers<String> answers) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final List<String> OF_NODE =
            List.of("recording", "known_since", "received", "received_by", "losses", "counts", "truncated");
    private static final List<String> OF_BROADCAST = List.of("by", "time", "append_millis");

    /** As JSON for operators, without data of the event. */
    public ObjectNode json() {
        ObjectNode body = JSON.createObjectNode();
        if (facts != null) {
            facts.addTo(body.putObject("event"));
        } else {
            body.putObject("event")
                    .put("id", asked.id())
                    .put("tenant", asked.tenant().name())
                    .put("in_log", false);
        }
        body.put("same_id", events).put("log", logAvailable ? "read" : "unavailable");
        addBroadcast(body);
        addNodes(body);
        addConnections(body);
        return body;
    }

    private void addBroadcast(ObjectNode body) {
        read.forEach((node, answer) -> {
            JsonNode broadcast = answer.path("broadcast");
            if (broadcast.isObject() && !body.has("broadcast")) {
                copy(broadcast, OF_BROADCAST, body.putObject("broadcast").put("node", node));
            }
        });
    }

    private void addNodes(ObjectNode body) {
        Map<String, Integer> counts = new TreeMap<>();
        ArrayNode list = body.putArray("nodes");
        read.forEach((node, answer) -> {
            copy(answer, OF_NODE, list.addObject().put("node", node));
            answer.path("counts")
                    .properties()
                    .forEach(count ->
                            counts.merge(count.getKey(), count.getValue().asInt(), Integer::sum));
        });
        ObjectNode all = body.putObject("counts");
        counts.forEach(all::put);
    }

    private static void copy(JsonNode from, List<String> members, ObjectNode to) {
        for (String member : members) {
            if (from.has(member)) {
                to.set(member, from.get(member));
            }
        }
    }

    private void addConnections(ObjectNode body) {
        Verdict overall = Verdict.UNKNOWN_CLIENT;
        ArrayNode list = JSON.createArrayNode();
        for (Map.Entry<String, JsonNode> node : read.entrySet()) {
            for (JsonNode connection : node.getValue().path("connections")) {
                Verdict verdict = Verdict.of(connection.path("verdict").asText());
                overall = list.isEmpty() || verdict.compareTo(overall) < 0 ? verdict : overall;
                ObjectNode shown = list.addObject().put("node", node.getKey());
                connection.properties().forEach(member -> shown.set(member.getKey(), member.getValue()));
                shown.put("text", verdict.text());
            }
        }
        if (asked.context() != null || asked.user() != null) {
            Verdict verdict = facts == null ? Verdict.UNKNOWN : overall;
            body.putObject("client")
                    .put("verdict", verdict.code())
                    .put("text", "the event " + verdict.text())
                    .put("advice", verdict.advice())
                    .put("received", verdict.isReceived());
        }
        body.set("connections", list);
    }
}
