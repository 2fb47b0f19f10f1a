package dev.carillon.proxy;

import io.undertow.client.ClientConnection;
import java.io.IOException;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;

/** Closes connections to nodes. */
final class Upstream {
    private Upstream() {}

    /** Closes the socket at once. {@link ClientConnection#close} would wait up to 10 s for the node to close its side. */
    static void cut(ClientConnection connection) {
        try {
            StreamConnection socket = connection.performUpgrade();
            IoUtils.safeClose(socket);
        } catch (IOException e) {
            IoUtils.safeClose(connection);
        }
    }
}
