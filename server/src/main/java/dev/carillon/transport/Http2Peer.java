package dev.carillon.transport;

import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http2.Http2ServerConnection;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;

/**
 * A client over HTTP/2: one stream among others of its connection.
 *
 * <p>Undertow keeps about 1 KiB of a stream that was cut while the client's window was closed, until the connection ends. Its limit of
 * resets for each connection bounds that memory.
 */
record Http2Peer(HttpServerExchange exchange, Http2ServerConnection connection) implements Peer {
    @Override
    public void watch(Runnable closed) {
        if (exchange.isComplete()) {
            connection.getIoThread().execute(closed);
            return;
        }
        // Not a close listener: the connection would keep one for each of its past streams.
        exchange.addExchangeCompleteListener((x, next) -> {
            closed.run();
            next.proceed();
        });
    }

    /**
     * Resets the stream. If one of its frames waits for the socket, Undertow closes the connection, which is stuck then; a frame that waits
     * for the client's window is dropped.
     */
    @Override
    public void cut(StreamSinkChannel response) {
        IoUtils.safeClose(response);
    }
}
