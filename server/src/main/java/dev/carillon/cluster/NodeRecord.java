package dev.carillon.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.Text;
import java.io.IOException;
import java.util.Optional;

/**
 * A node's record in the registry.
 *
 * @param generation larger at each start
 * @param address address of its internal port; empty while it does not listen, and for releases without that port
 */
public record NodeRecord(String id, long generation, Optional<NodeAddress> address, int contexts, int streams) {
    private static final JsonMapper JSON = new JsonMapper();

    public byte[] bytes() {
        ObjectNode node = JSON.createObjectNode();
        node.put("id", id)
                .put("generation", generation)
                .put("contexts", contexts)
                .put("streams", streams);
        // Not "address": older releases store the address of the clients' listener there.
        address.ifPresent(known -> node.put("internal", known.text()));
        try {
            return JSON.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of JSON can always be written", e);
        }
    }

    /** Empty for another form, such as a newer release's. */
    public static Optional<NodeRecord> of(byte[] bytes) {
        try {
            JsonNode node = JSON.readTree(bytes);
            String id = Text.printable(node.path("id").asText(), 64);
            return id.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new NodeRecord(
                            id,
                            node.path("generation").asLong(),
                            NodeAddress.parse(node.path("internal").asText()),
                            node.path("contexts").asInt(),
                            node.path("streams").asInt()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
