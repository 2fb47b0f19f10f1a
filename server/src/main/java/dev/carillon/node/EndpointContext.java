package dev.carillon.node;

import dev.carillon.auth.NodeAuthorizer;
import dev.carillon.http.Origins;
import dev.carillon.http.Sessions;
import dev.carillon.transport.Streams;
import java.util.function.BooleanSupplier;

/**
 * What a node provides to its endpoints.
 *
 * @param elsewhere what other nodes own
 * @param acceptsStreams whether the node accepts new streams
 */
record EndpointContext(
        NodeServices services,
        NodeAuthorizer authorizer,
        Sessions sessions,
        Origins origins,
        Streams streams,
        Elsewhere elsewhere,
        BooleanSupplier acceptsStreams) {
    NodeConfig config() {
        return services.config;
    }
}
