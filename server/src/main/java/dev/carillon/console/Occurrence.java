package dev.carillon.console;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Something that happened to a node or to the cluster.
 *
 * @param number of the node that noticed it, growing
 * @param atMillis by the node's clock
 * @param kind such as {@code node-lost}
 * @param subject what it is about, such as the id of a node; several nodes that notice the same one name the same
 * @param isBad whether operators should look after it
 */
record Occurrence(long number, long atMillis, String kind, String subject, boolean isBad, String text) {
    ObjectNode json() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("number", number)
                .put("at", atMillis)
                .put("kind", kind)
                .put("subject", subject)
                .put("bad", isBad)
                .put("text", text);
    }
}
