package dev.carillon.transport;

import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.conduits.StreamSourceConduit;

/** A client of HTTP/1.1: its connection is its stream's alone. What it still sends is read and dropped, so that its leaving shows. */
record Http1Peer(HttpServerExchange exchange, HttpServerConnection connection) implements Peer {
    private static final int DRAIN_BYTES = 4 * 1024;
    private static final ThreadLocal<ByteBuffer> DRAIN =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(DRAIN_BYTES));

    @Override
    public void watch(Runnable gone) {
        exchange.setPersistent(false);
        // Below the conduits of the request, which say at its end that all has been read.
        StreamSourceConduit source = connection.getOriginalSourceConduit();
        ConduitStreamSourceChannel channel = connection.getChannel().getSourceChannel();
        channel.setReadListener(c -> drain(source));
        connection.addCloseListener(c -> gone.run());
        source.resumeReads();
        if (!connection.isOpen()) {
            // It closed before: no close listener will be called for that.
            connection.getIoThread().execute(gone);
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
            // The client went away: nothing to tell anybody.
            IoUtils.safeClose(connection);
        }
    }

    @Override
    public void cut(StreamSinkChannel response) {
        IoUtils.safeClose(connection);
    }
}
