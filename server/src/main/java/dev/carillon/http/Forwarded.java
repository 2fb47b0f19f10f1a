package dev.carillon.http;

import dev.carillon.edge.Networks;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import java.net.InetSocketAddress;

/**
 * Takes scheme, host and client address from the headers of a trusted proxy ({@code X-Forwarded-Proto}, {@code -Host}, {@code -For}). The
 * client address is the last one in the list that is not a trusted proxy: the client may have forged those before it.
 */
final class Forwarded implements HttpHandler {
    private final Networks proxies;
    private final HttpHandler next;

    Forwarded(Networks proxies, HttpHandler next) {
        this.proxies = proxies;
        this.next = next;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        InetSocketAddress peer = exchange.getSourceAddress();
        if (peer != null && peer.getAddress() != null && proxies.contains(peer.getAddress())) {
            String scheme = exchange.getRequestHeaders().getFirst(Headers.X_FORWARDED_PROTO);
            if ("http".equals(scheme) || "https".equals(scheme)) {
                exchange.setRequestScheme(scheme);
            }
            String host = exchange.getRequestHeaders().getFirst(Headers.X_FORWARDED_HOST);
            if (host != null && !host.isBlank()) {
                exchange.getRequestHeaders().put(Headers.HOST, host.strip());
            }
            HeaderValues hops = exchange.getRequestHeaders().get(Headers.X_FORWARDED_FOR);
            if (hops != null) {
                exchange.setSourceAddress(new InetSocketAddress(proxies.client(peer.getAddress(), hops), 0));
            }
        }
        next.handleRequest(exchange);
    }
}
