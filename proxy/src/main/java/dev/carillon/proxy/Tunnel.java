package dev.carillon.proxy;

import io.undertow.util.WorkerUtils;
import java.util.concurrent.TimeUnit;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;

/** Relays bytes in both directions between two upgraded connections. When one side ends, the other has {@value #CLOSE_SECONDS} s to end. */
final class Tunnel {
    private static final int CLOSE_SECONDS = 5;

    private final StreamConnection client;
    private final StreamConnection node;
    private final Runnable onClosed;
    private final Relay toNode;
    private final Relay toClient;
    private int ended;
    private boolean closed;

    Tunnel(StreamConnection client, StreamConnection node, Relay.Options options, Runnable onClosed) {
        this.client = client;
        this.node = node;
        this.onClosed = onClosed;
        this.toNode = new Relay(client.getSourceChannel(), node.getSinkChannel(), options, listener());
        this.toClient = new Relay(node.getSourceChannel(), client.getSinkChannel(), options, listener());
    }

    void start() {
        toNode.start();
        if (!closed) {
            toClient.start();
        }
    }

    void close() {
        if (!closed) {
            closed = true;
            toNode.stop();
            toClient.stop();
            IoUtils.safeClose(client);
            IoUtils.safeClose(node);
            onClosed.run();
        }
    }

    private Relay.Listener listener() {
        return new Relay.Listener() {
            @Override
            public void ended() {
                ended++;
                if (ended == 2) {
                    close();
                } else {
                    WorkerUtils.executeAfter(client.getIoThread(), Tunnel.this::close, CLOSE_SECONDS, TimeUnit.SECONDS);
                }
            }

            @Override
            public void failed(Relay.Fault fault) {
                close();
            }
        };
    }
}
