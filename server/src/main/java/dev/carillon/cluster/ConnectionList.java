package dev.carillon.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Connections of one node that match a filter.
 *
 * @param matching number of all that match
 * @param connections some of them, each as JSON for operators
 */
public record ConnectionList(int matching, List<ObjectNode> connections) {
    /** Maximum of all connections together as JSON, so that they fit into the answer of a call. */
    public static final int MAX_CHARS = 15 * 1024;

    private static final JsonMapper JSON = new JsonMapper();

    public ConnectionList {
        connections = List.copyOf(connections);
    }

    byte[] bytes() {
        ObjectNode answer =
                JSON.createObjectNode().put("version", ControlMessage.VERSION).put("matching", matching);
        ArrayNode list = answer.putArray("connections");
        connections.forEach(list::add);
        return Text.utf8(answer.toString());
    }

    static ConnectionList read(byte[] bytes) {
        try {
            JsonNode answer = JSON.readTree(bytes);
            if (answer.path("matching").isInt() && answer.path("connections").isArray()) {
                List<ObjectNode> list = new ArrayList<>();
                for (JsonNode each : answer.path("connections")) {
                    if (each instanceof ObjectNode connection) {
                        list.add(connection);
                    }
                }
                return new ConnectionList(answer.path("matching").asInt(), list);
            }
        } catch (IOException e) {
            // The exception below says so.
        }
        throw new CarillonException(ErrorCode.NODE_UNREACHABLE, "the answer cannot be decoded");
    }
}
