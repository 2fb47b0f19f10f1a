package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/**
 * How far a drain is.
 *
 * @param connections open streams and WebSockets
 * @param connectionsAtStart of the drain; 0 before it
 * @param remainingMillis until the drain ends at the latest; 0 before it
 */
public record DrainProgress(Phase phase, int connections, int connectionsAtStart, long remainingMillis) {
    /** Phases of a node's life, in order. */
    public enum Phase {
        SERVING,
        /** Health checks answer {@code draining}; clients are accepted, so that proxies can notice. */
        NOTICE,
        /** New streams are refused, and the open ones end one after the other. */
        RELEASING,
        STOPPED
    }

    public ObjectNode json() {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("phase", phase.name().toLowerCase(Locale.ROOT)).put("connections", connections);
        if (phase != Phase.SERVING) {
            body.put("connectionsAtStart", connectionsAtStart).put("remainingMillis", remainingMillis);
        }
        return body;
    }
}
