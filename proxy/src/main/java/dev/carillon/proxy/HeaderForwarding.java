package dev.carillon.proxy;

import dev.carillon.edge.LiteralAddress;
import dev.carillon.edge.Networks;
import io.undertow.client.ClientRequest;
import io.undertow.client.ClientResponse;
import io.undertow.server.Connectors;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.Protocols;
import io.undertow.util.StatusCodes;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Forwards the heads of requests to nodes, and of responses to clients. */
final class HeaderForwarding {
    private static final HttpString REFUSED = new HttpString("Carillon-Refused");
    private static final HttpString FORWARDED = new HttpString("Forwarded");
    private static final String X_FORWARDED = "x-forwarded-";
    private static final String WEBSOCKET = "websocket";

    /** Headers of a single connection (RFC 9110, section 7.6.1; RFC 9113, section 8.2.2). */
    private static final Set<HttpString> HOP_BY_HOP = Set.of(
            Headers.CONNECTION,
            Headers.KEEP_ALIVE,
            new HttpString("Proxy-Connection"),
            Headers.PROXY_AUTHENTICATE,
            Headers.PROXY_AUTHORIZATION,
            Headers.TE,
            Headers.TRAILER,
            Headers.TRANSFER_ENCODING,
            Headers.UPGRADE,
            new HttpString("HTTP2-Settings"));

    /**
     * Headers that are forwarded even if the client names them in {@code Connection}, as the node's decisions depend on them. RFC 9110,
     * section 7.6.1 does not allow a client to name them.
     */
    private static final Set<HttpString> END_TO_END = Set.of(
            Headers.ACCEPT,
            Headers.AUTHORIZATION,
            Headers.CACHE_CONTROL,
            Headers.CONTENT_ENCODING,
            Headers.CONTENT_LENGTH,
            Headers.CONTENT_TYPE,
            Headers.COOKIE,
            Headers.EXPECT,
            Headers.HOST,
            Headers.ORIGIN,
            Headers.REFERER,
            FORWARDED,
            new HttpString("Idempotency-Key"),
            new HttpString("Last-Event-ID"));

    /** Prefixes of further headers that are always forwarded. */
    private static final List<String> END_TO_END_PREFIXES =
            List.of(X_FORWARDED, "access-control-", "sec-", "carillon-");

    private final Networks trusted;

    HeaderForwarding(Networks trusted) {
        this.trusted = trusted;
    }

    /** Returns the request to send to a node. */
    ClientRequest request(HttpServerExchange exchange, StickyCookie.Sent cookies, Node node) {
        ClientRequest request = new ClientRequest()
                .setMethod(exchange.getRequestMethod())
                .setPath(target(exchange))
                .setProtocol(Protocols.HTTP_1_1);
        HeaderMap from = exchange.getRequestHeaders();
        HeaderMap to = request.getRequestHeaders();
        boolean fromTrusted = isFromTrusted(exchange);
        Set<HttpString> dropped = connectionOptions(from);
        for (HeaderValues values : from) {
            HttpString name = values.getHeaderName();
            if (!HOP_BY_HOP.contains(name)
                    && !dropped.contains(name)
                    && !name.equals(Headers.COOKIE)
                    // The proxy answers it when it starts to read the body.
                    && !name.equals(Headers.EXPECT)
                    && name.byteAt(0) != ':'
                    && (fromTrusted || !isForwarding(name))) {
                to.putAll(name, values);
            }
        }
        cookies.all().ifPresent(value -> to.put(Headers.COOKIE, value));
        addForwarded(exchange, to, fromTrusted);
        if (!to.contains(Headers.HOST)) {
            to.put(Headers.HOST, node.url().getRawAuthority());
        }
        if (isWebSocket(exchange)) {
            to.put(Headers.CONNECTION, "Upgrade");
            to.put(Headers.UPGRADE, WEBSOCKET);
        }
        if (!exchange.isRequestComplete()) {
            if (!to.contains(Headers.CONTENT_LENGTH)) {
                to.put(Headers.TRANSFER_ENCODING, "chunked");
            }
        } else if (!to.contains(Headers.CONTENT_LENGTH) && expectsBody(exchange.getRequestMethod())) {
            to.put(Headers.CONTENT_LENGTH, 0);
        }
        return request;
    }

    /** Copies the head of a node's response to the exchange. */
    void response(ClientResponse response, HttpServerExchange exchange) {
        exchange.setStatusCode(response.getResponseCode());
        HeaderMap from = response.getResponseHeaders();
        HeaderMap to = exchange.getResponseHeaders();
        Set<HttpString> dropped = connectionOptions(from);
        boolean chunked = from.contains(Headers.TRANSFER_ENCODING);
        for (HeaderValues values : from) {
            HttpString name = values.getHeaderName();
            if (!HOP_BY_HOP.contains(name)
                    && !dropped.contains(name)
                    && !(chunked && name.equals(Headers.CONTENT_LENGTH))) {
                to.putAll(name, values);
            }
        }
        if (response.getResponseCode() == StatusCodes.SWITCHING_PROTOCOLS) {
            to.put(Headers.CONNECTION, "Upgrade");
            to.put(Headers.UPGRADE, WEBSOCKET);
        } else if (chunked && exchange.isHttp11() && Connectors.isEntityBodyAllowed(response.getResponseCode())) {
            // Even if the connection closes after the answer, for which Undertow omits chunks: the last
            // chunk tells the
            // client that the answer is complete.
            to.put(Headers.TRANSFER_ENCODING, "chunked");
        }
    }

    /** Whether the client uses TLS to this proxy or to a trusted proxy before it. */
    boolean isSecure(HttpServerExchange exchange) {
        return isTls(exchange)
                || isFromTrusted(exchange)
                        && "https".equals(exchange.getRequestHeaders().getFirst(Headers.X_FORWARDED_PROTO));
    }

    /** The key of the client's address; if a trusted proxy names no client, of the proxy, so that every request is limited. */
    long address(HttpServerExchange exchange) {
        InetSocketAddress peer = exchange.getSourceAddress();
        return peer == null || peer.getAddress() == null
                ? 0
                : LiteralAddress.key(trusted.client(
                        peer.getAddress(), values(exchange.getRequestHeaders(), Headers.X_FORWARDED_FOR)));
    }

    static boolean isWebSocket(HttpServerExchange exchange) {
        String upgrade = exchange.getRequestHeaders().getFirst(Headers.UPGRADE);
        return upgrade != null
                && upgrade.toLowerCase(Locale.ROOT).equals(WEBSOCKET)
                && exchange.getRequestMethod().equals(Methods.GET)
                && connectionOptions(exchange.getRequestHeaders()).contains(Headers.UPGRADE);
    }

    /** Whether the node has done nothing with the request, as it drains. */
    static boolean isRefusedByDrain(ClientResponse response) {
        return "draining".equals(response.getResponseHeaders().getFirst(REFUSED));
    }

    /** Whether the response is an event stream without a known length. */
    static boolean isStream(ClientResponse response, HttpString method) {
        HeaderMap headers = response.getResponseHeaders();
        String type = headers.getFirst(Headers.CONTENT_TYPE);
        return type != null
                && type.toLowerCase(Locale.ROOT).startsWith("text/event-stream")
                && !method.equals(Methods.HEAD)
                && !headers.contains(Headers.CONTENT_LENGTH);
    }

    /** Whether only the end of the connection ends the response's body (RFC 9112, section 6.3). */
    static boolean endsWithConnection(ClientResponse response, HttpString method) {
        HeaderMap headers = response.getResponseHeaders();
        return Connectors.isEntityBodyAllowed(response.getResponseCode())
                && !method.equals(Methods.HEAD)
                && !headers.contains(Headers.CONTENT_LENGTH)
                && !headers.contains(Headers.TRANSFER_ENCODING);
    }

    static List<String> values(HeaderMap headers, HttpString name) {
        HeaderValues values = headers.get(name);
        return values == null ? List.of() : List.copyOf(values);
    }

    /** The header names that {@code Connection} lists, except end-to-end headers. */
    private static Set<HttpString> connectionOptions(HeaderMap headers) {
        Set<HttpString> names = new HashSet<>();
        for (String value : values(headers, Headers.CONNECTION)) {
            for (String name : value.split(",", -1)) {
                String stripped = name.strip();
                if (!stripped.isEmpty() && !isEndToEnd(stripped)) {
                    names.add(new HttpString(stripped));
                }
            }
        }
        return names;
    }

    private static boolean isEndToEnd(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return END_TO_END.contains(new HttpString(name))
                || END_TO_END_PREFIXES.stream().anyMatch(lower::startsWith);
    }

    private static String target(HttpServerExchange exchange) {
        String uri = exchange.getRequestURI();
        if (exchange.isHostIncludedInRequestURI()) {
            int slash = uri.indexOf('/', uri.indexOf("//") + 2);
            uri = slash < 0 ? "/" : uri.substring(slash);
        }
        String query = exchange.getQueryString();
        return query == null || query.isEmpty() ? uri : uri + "?" + query;
    }

    private void addForwarded(HttpServerExchange exchange, HeaderMap to, boolean fromTrusted) {
        String peer = exchange.getSourceAddress().getAddress().getHostAddress().replaceFirst("%.*", "");
        List<String> hops = values(to, Headers.X_FORWARDED_FOR);
        to.put(Headers.X_FORWARDED_FOR, hops.isEmpty() ? peer : String.join(", ", hops) + ", " + peer);
        if (!fromTrusted || !to.contains(Headers.X_FORWARDED_PROTO)) {
            to.put(Headers.X_FORWARDED_PROTO, isTls(exchange) ? "https" : "http");
        }
        String host = to.getFirst(Headers.HOST);
        if (host != null && !to.contains(Headers.X_FORWARDED_HOST)) {
            to.put(Headers.X_FORWARDED_HOST, host);
        }
        if (!to.contains(Headers.X_FORWARDED_PORT)) {
            InetSocketAddress local = exchange.getDestinationAddress();
            to.put(Headers.X_FORWARDED_PORT, local.getPort());
        }
    }

    private boolean isFromTrusted(HttpServerExchange exchange) {
        InetSocketAddress peer = exchange.getSourceAddress();
        return peer != null && peer.getAddress() != null && trusted.contains(peer.getAddress());
    }

    /** By the connection, not by the scheme of the request, which an HTTP/2 client chooses. */
    private static boolean isTls(HttpServerExchange exchange) {
        return exchange.getConnection().getSslSessionInfo() != null;
    }

    private static boolean isForwarding(HttpString name) {
        return name.equals(FORWARDED)
                || name.toString().toLowerCase(Locale.ROOT).startsWith(X_FORWARDED);
    }

    private static boolean expectsBody(@Nullable HttpString method) {
        return Methods.POST.equals(method) || Methods.PUT.equals(method) || new HttpString("PATCH").equals(method);
    }
}
