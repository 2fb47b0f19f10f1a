package dev.carillon.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import java.io.IOException;

/**
 * How a node is, as it says itself.
 *
 * @param state {@code serving} or {@code draining}
 * @param brokerWritable whether the broker stores what is broadcast, as far as is known
 * @param contexts that it owns
 * @param streams that are open
 */
public record NodeHealth(
        String state,
        String version,
        String brokerDriver,
        boolean brokerConnected,
        boolean brokerWritable,
        int contexts,
        int streams) {
    private static final int MAX_SHOWN = 40;
    private static final JsonMapper JSON = new JsonMapper();

    /** As it is in the answers of nodes and of the admin port. */
    public ObjectNode json() {
        ObjectNode node = JSON.createObjectNode();
        node.put("state", state).put("version", version);
        node.putObject("broker")
                .put("driver", brokerDriver)
                .put("connected", brokerConnected)
                .put("writable", brokerWritable);
        return node.put("contexts", contexts).put("streams", streams);
    }

    byte[] bytes() {
        return Text.utf8(json().toString());
    }

    /** @throws CarillonException {@code node-unreachable} for what no node answers */
    static NodeHealth read(byte[] bytes) {
        JsonNode node;
        try {
            node = JSON.readTree(bytes);
        } catch (IOException e) {
            throw unreadable();
        }
        if (!node.path("state").isTextual()) {
            throw unreadable();
        }
        JsonNode broker = node.path("broker");
        return new NodeHealth(
                shown(node.path("state")),
                shown(node.path("version")),
                shown(broker.path("driver")),
                broker.path("connected").asBoolean(),
                broker.path("writable").asBoolean(),
                node.path("contexts").asInt(),
                node.path("streams").asInt());
    }

    private static String shown(JsonNode text) {
        return Text.printable(text.asText(), MAX_SHOWN);
    }

    private static CarillonException unreadable() {
        return new CarillonException(ErrorCode.NODE_UNREACHABLE, "the answer cannot be read");
    }
}
