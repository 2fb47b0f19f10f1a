package dev.carillon.proxy;

import io.undertow.client.ClientConnection;
import java.io.IOException;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;

/** Connections to nodes. */
final class Upstream {
    private Upstream() {}

    /**
     * Closes the socket at once. {@link ClientConnection#close} would wait up to 10 s for the node's side, and a hung node never
     * closes it.
     */
    static void cut(ClientConnection connection) {
        try {
            StreamConnection socket = connection.performUpgrade();
            IoUtils.safeClose(socket);
        } catch (IOException e) {
            IoUtils.safeClose(connection);
        }
    }
}
