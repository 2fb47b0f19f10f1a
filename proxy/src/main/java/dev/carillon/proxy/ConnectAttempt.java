package dev.carillon.proxy;

import io.undertow.UndertowOptions;
import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.UndertowClient;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.xnio.OptionMap;
import org.xnio.Options;

/**
 * An attempt to connect to a node. Undertow cannot cancel it: a connection that is established after the timeout is closed. On the I/O
 * thread of the client's connection.
 */
final class ConnectAttempt implements ClientCallback<ClientConnection> {
    /** Receives exactly one call. */
    interface Listener {
        void connected(ConnectAttempt by, ClientConnection connection);

        /** @param reason why the node is unreachable; null: the failure has another cause */
        void failed(ConnectAttempt by, @Nullable String reason);

        /** There was no connection in time. */
        void timedOut(ConnectAttempt by);
    }

    /**
     * Without {@code TCP_NODELAY} a body waits for the acknowledgement of its head, which the node delays by up to 40 ms. The statistics of a
     * connection tell whether a request on it may be repeated.
     */
    private static final OptionMap UPSTREAM =
            OptionMap.create(Options.TCP_NODELAY, true, UndertowOptions.ENABLE_STATISTICS, true);

    private final Listener listener;
    private boolean completed;

    ConnectAttempt(Listener listener) {
        this.listener = listener;
    }

    void start(Node to, HttpServerExchange exchange) {
        UndertowClient.getInstance()
                .connect(
                        this,
                        null,
                        to.address(),
                        exchange.getIoThread(),
                        to.tls().map(NodeTls::xnio).orElse(null),
                        exchange.getConnection().getByteBufferPool(),
                        to.tls().isPresent() ? NodeTls.OPTIONS : UPSTREAM);
    }

    /** Fails the attempt because of its timeout. */
    void timeout() {
        if (!completed) {
            completed = true;
            listener.timedOut(this);
        }
    }

    @Override
    public void completed(ClientConnection connection) {
        if (completed) {
            Upstream.cut(connection);
        } else {
            completed = true;
            listener.connected(this, connection);
        }
    }

    @Override
    public void failed(IOException e) {
        // Other failures, such as too many open files, are caused by this machine and not by the node.
        boolean unreachable = e instanceof ConnectException || e instanceof NoRouteToHostException;
        boolean untrusted = e instanceof SSLException;
        fail(unreachable ? "connection refused" : untrusted ? "TLS: " + e.getMessage() : null);
    }

    private void fail(@Nullable String reason) {
        if (!completed) {
            completed = true;
            listener.failed(this, reason);
        }
    }
}
