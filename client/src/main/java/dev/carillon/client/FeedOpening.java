package dev.carillon.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.Collection;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Opens the WebSockets of a feed. */
final class FeedOpening {
    /** Nodes take 36 KiB, but some proxies only 8 KiB with all headers, of which the token is one. */
    private static final int MAX_QUERY = 3 * 1024;

    private final HttpClient http;
    private final Connector connector;

    FeedOpening(HttpClient http, Connector connector) {
        this.http = http;
        this.connector = connector;
    }

    /**
     * Waits for the handshake.
     *
     * @param topics that {@linkplain #fits fit}
     * @param position event id or cursor; empty: none
     */
    FeedSocket connect(URI node, Collection<String> topics, String position, Inbox inbox) throws InterruptedException {
        WebSocket.Builder builder = http.newWebSocketBuilder().connectTimeout(connector.timeout());
        String token = connector.token();
        if (token != null) {
            builder.header("Authorization", "Bearer " + token);
        }
        try {
            WebSocket socket = builder.buildAsync(address(node, topics, position), inbox)
                    .get(connector.timeout().toMillis(), TimeUnit.MILLISECONDS);
            return new FeedSocket(socket, inbox, connector.timeout());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof WebSocketHandshakeException refused) {
                int status = refused.getResponse().statusCode();
                throw new ClientException(
                        "http-" + status,
                        status,
                        "the node refuses the WebSocket",
                        Connector.retryAfter(refused.getResponse()),
                        refused);
            }
            String detail = node + ": " + String.valueOf(e.getCause());
            throw new ClientException(ClientException.UNREACHABLE, 0, detail, null, e.getCause());
        } catch (TimeoutException e) {
            throw new ClientException(ClientException.UNREACHABLE, 0, node + ": no answer", null, e);
        }
    }

    /** Whether the address can have these topics. */
    static boolean fits(Collection<String> topics) {
        return query(topics, "").length() <= MAX_QUERY;
    }

    private static String query(Collection<String> topics, String position) {
        return Subscribe.topics(topics.toArray(String[]::new)).parameters(position);
    }

    private static URI address(URI node, Collection<String> topics, String position) {
        String query = query(topics, position);
        return URI.create("ws" + node.resolve("ws?" + query).toString().substring("http".length()));
    }
}
