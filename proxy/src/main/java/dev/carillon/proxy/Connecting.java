package dev.carillon.proxy;

import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.UndertowClient;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import org.jspecify.annotations.Nullable;
import org.xnio.OptionMap;
import org.xnio.Options;

/**
 * One attempt to connect to a node. Undertow cannot end it early: a connection that comes after it has failed by its time is cut. On the
 * I/O thread of the client's connection.
 */
final class Connecting implements ClientCallback<ClientConnection> {
    /** One of them is called, once. */
    interface Listener {
        void connected(ClientConnection connection);

        /** @param why the node is not reachable; null: the reason is not the node's */
        void failed(@Nullable String why);
    }

    /** Else a body waits for the node's word that its head has come, which the node delays by up to 40 ms. */
    private static final OptionMap UPSTREAM = OptionMap.create(Options.TCP_NODELAY, true);

    private final Listener listener;
    private boolean told;

    Connecting(Listener listener) {
        this.listener = listener;
    }

    void begin(Node to, HttpServerExchange exchange) {
        UndertowClient.getInstance()
                .connect(
                        this,
                        null,
                        to.address(),
                        exchange.getIoThread(),
                        null,
                        exchange.getConnection().getByteBufferPool(),
                        UPSTREAM);
    }

    /** It has taken too long. */
    void late() {
        fail("no connection in time");
    }

    @Override
    public void completed(ClientConnection connection) {
        if (told) {
            Upstream.cut(connection);
        } else {
            told = true;
            listener.connected(connection);
        }
    }

    @Override
    public void failed(IOException e) {
        // Other failures are this machine's, such as too many open files: they say nothing about the node.
        boolean unreachable = e instanceof ConnectException || e instanceof NoRouteToHostException;
        fail(unreachable ? "connection refused" : null);
    }

    private void fail(@Nullable String why) {
        if (!told) {
            told = true;
            listener.failed(why);
        }
    }
}
