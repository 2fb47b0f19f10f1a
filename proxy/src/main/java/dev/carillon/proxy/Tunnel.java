package dev.carillon.proxy;

import io.undertow.util.WorkerUtils;
import java.util.concurrent.TimeUnit;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;

/** Two connections that were upgraded and carry bytes both ways. What one side ends the other must end within 5 s. */
final class Tunnel {
    private static final int CLOSE_SECONDS = 5;

    private final StreamConnection client;
    private final StreamConnection node;
    private final Runnable closed;
    private final Relay toNode;
    private final Relay toClient;
    private int ended;
    private boolean over;

    Tunnel(StreamConnection client, StreamConnection node, Relay.Rules rules, Runnable closed) {
        this.client = client;
        this.node = node;
        this.closed = closed;
        this.toNode = new Relay(client.getSourceChannel(), node.getSinkChannel(), rules, listener());
        this.toClient = new Relay(node.getSourceChannel(), client.getSinkChannel(), rules, listener());
    }

    void start() {
        toNode.start();
        if (!over) {
            toClient.start();
        }
    }

    void close() {
        if (!over) {
            over = true;
            toNode.stop();
            toClient.stop();
            IoUtils.safeClose(client);
            IoUtils.safeClose(node);
            closed.run();
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
