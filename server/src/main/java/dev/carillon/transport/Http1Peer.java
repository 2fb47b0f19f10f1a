package dev.carillon.transport;

import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.conduits.StreamSourceConduit;

/** A client over HTTP/1.1. Its connection carries only this response; further input is read and dropped, so that its close is detected. */
record Http1Peer(HttpServerExchange exchange, HttpServerConnection connection) implements Peer {
    private static final int DRAIN_BYTES = 4 * 1024;
    private static final ThreadLocal<ByteBuffer> DRAIN =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(DRAIN_BYTES));

    @Override
    public void watch(Runnable closed) {
        exchange.setPersistent(false);
        // The conduit below those of the request, which report the end of the input when the request has been read.
        StreamSourceConduit source = connection.getOriginalSourceConduit();
        ConduitStreamSourceChannel channel = connection.getChannel().getSourceChannel();
        channel.setReadListener(c -> drain(source));
        connection.addCloseListener(c -> closed.run());
        source.resumeReads();
        if (!connection.isOpen()) {
            // It closed before the listener was added, which is therefore not called.
            connection.getIoThread().execute(closed);
        }
    }

    private void drain(StreamSourceConduit source) {
        ByteBuffer drain = DRAIN.get();
        try {
            int n;
            do {
                n = source.read(drain.clear());
            } while (n > 0);
            if (n < 0) {
                IoUtils.safeClose(connection);
            }
        } catch (IOException e) {
            // The client has disconnected.
            IoUtils.safeClose(connection);
        }
    }

    @Override
    public void cut(StreamSinkChannel response) {
        IoUtils.safeClose(connection);
    }
}
