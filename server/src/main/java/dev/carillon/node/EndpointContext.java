package dev.carillon.node;

import dev.carillon.auth.NodeAuthorizer;
import dev.carillon.http.Origins;
import dev.carillon.http.Sessions;
import dev.carillon.stream.Renewal;
import dev.carillon.transport.Streams;
import java.util.function.BooleanSupplier;

/**
 * What a node provides to its endpoints.
 *
 * @param elsewhere renews connections of other nodes
 * @param acceptsStreams whether the node accepts new streams
 */
record EndpointContext(
        NodeServices services,
        NodeAuthorizer authorizer,
        Sessions sessions,
        Origins origins,
        Streams streams,
        Renewal elsewhere,
        BooleanSupplier acceptsStreams) {
    NodeConfig config() {
        return services.config;
    }
}
