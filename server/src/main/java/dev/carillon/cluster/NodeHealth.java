package dev.carillon.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import java.io.IOException;

/**
 * The health of a node, as reported by itself.
 *
 * @param state {@code serving} or {@code draining}
 * @param contexts number of contexts that the node owns
 * @param streams number of open streams
 */
public record NodeHealth(String state, String version, BrokerState broker, int contexts, int streams) {
    private static final int MAX_TEXT_CHARS = 40;
    private static final JsonMapper JSON = new JsonMapper();

    /** The form in the answers of nodes and of the admin port. */
    public ObjectNode json() {
        ObjectNode node = JSON.createObjectNode();
        node.put("state", state).put("version", version);
        broker.putTo(node.putObject("broker"), true);
        return node.put("contexts", contexts).put("streams", streams);
    }

    byte[] bytes() {
        return Text.utf8(json().toString());
    }

    /** @throws CarillonException {@code node-unreachable} for bytes that are not a node's health */
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
        return new NodeHealth(
                printable(node.path("state")),
                printable(node.path("version")),
                BrokerState.read(node.path("broker")),
                node.path("contexts").asInt(),
                node.path("streams").asInt());
    }

    private static String printable(JsonNode text) {
        return Text.printable(text.asText(), MAX_TEXT_CHARS);
    }

    private static CarillonException unreadable() {
        return new CarillonException(ErrorCode.NODE_UNREACHABLE, "the answer cannot be decoded");
    }
}
