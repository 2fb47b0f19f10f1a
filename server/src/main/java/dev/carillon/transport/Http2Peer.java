package dev.carillon.transport;

import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http2.Http2ServerConnection;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;

/**
 * A client of HTTP/2: one stream among others of its connection.
 *
 * <p>Of a stream that was cut while the client's window was closed Undertow keeps about a kilobyte until the connection ends; how
 * many that can be is bounded by the resets that it allows a connection.
 */
record Http2Peer(HttpServerExchange exchange, Http2ServerConnection connection) implements Peer {
    @Override
    public void watch(Runnable gone) {
        if (exchange.isComplete()) {
            connection.getIoThread().execute(gone);
            return;
        }
        // By no close listener: the connection would keep one for each stream that it ever had.
        exchange.addExchangeCompleteListener((x, next) -> {
            gone.run();
            next.proceed();
        });
    }

    /**
     * Resets the stream. Where a frame of it waits for the socket Undertow closes the connection, which is stuck then; one that
     * waits for the client's window is dropped.
     */
    @Override
    public void cut(StreamSinkChannel response) {
        IoUtils.safeClose(response);
    }
}
