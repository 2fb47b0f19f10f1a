package dev.carillon.proxy;

import io.undertow.client.ClientConnection;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;

/** Connections to nodes. */
final class Upstream {
    private static final Logger LOGGER = LoggerFactory.getLogger(Upstream.class);
    /** The socket of a connection over HTTP/1.1, which Undertow gives away only to end HTTP on it. */
    private static final @Nullable MethodHandle SOCKET = socket();

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

    /**
     * Whether the node has ended a connection on which no answer is awaited. Undertow does not look before it writes, and a request that was written cannot be
     * sent again. On the I/O thread.
     */
    static boolean isClosedByNode(ClientConnection connection) {
        if (SOCKET == null) {
            return false;
        }
        try {
            // Any byte would be of an answer without a request.
            return ((StreamConnection) SOCKET.invoke(connection))
                            .getSourceChannel()
                            .read(ByteBuffer.allocate(1))
                    != 0;
        } catch (IOException e) {
            return true;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static @Nullable MethodHandle socket() {
        try {
            Class<?> http1 = Class.forName("io.undertow.client.http.HttpClientConnection");
            return MethodHandles.privateLookupIn(http1, MethodHandles.lookup())
                    .findVirtual(http1, "getConnection", MethodType.methodType(StreamConnection.class));
        } catch (ReflectiveOperationException e) {
            LOGGER.atWarn()
                    .addKeyValue("reason", e.getMessage())
                    .log(
                            "unknown version of Undertow: a connection that a node has closed is noticed only after the request was sent");
            return null;
        }
    }
}
