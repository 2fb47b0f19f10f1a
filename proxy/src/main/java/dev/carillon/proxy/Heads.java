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

/** The heads of requests and responses, as they are passed on. */
final class Heads {
    private static final HttpString FORWARDED = new HttpString("Forwarded");
    private static final String X_FORWARDED = "x-forwarded-";
    private static final String WEBSOCKET = "websocket";

    /** Those of one connection (RFC 9110, section 7.6.1), and what RFC 9113, section 8.2.2 adds. */
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
     * Those that a client cannot have dropped by naming them in {@code Connection}: they are for the node, which decides by them (RFC
     * 9110, section 7.6.1 forbids it to name them).
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

    /** The same of whole families. */
    private static final List<String> END_TO_END_PREFIXES =
            List.of(X_FORWARDED, "access-control-", "sec-", "carillon-");

    private final Networks trusted;

    Heads(Networks trusted) {
        this.trusted = trusted;
    }

    /** What a node is sent for the exchange's request. */
    ClientRequest request(HttpServerExchange exchange, StickyCookie.Sent cookies, Node node) {
        ClientRequest request = new ClientRequest()
                .setMethod(exchange.getRequestMethod())
                .setPath(target(exchange))
                .setProtocol(Protocols.HTTP_1_1);
        HeaderMap from = exchange.getRequestHeaders();
        HeaderMap to = request.getRequestHeaders();
        boolean fromTrusted = isFromTrusted(exchange);
        Set<HttpString> dropped = named(from);
        for (HeaderValues values : from) {
            HttpString name = values.getHeaderName();
            if (!HOP_BY_HOP.contains(name)
                    && !dropped.contains(name)
                    && !name.equals(Headers.COOKIE)
                    // Answered by the proxy, when it is ready to read the body.
                    && !name.equals(Headers.EXPECT)
                    && name.byteAt(0) != ':'
                    && (fromTrusted || !isForwarding(name))) {
                to.putAll(name, values);
            }
        }
        cookies.others().ifPresent(value -> to.put(Headers.COOKIE, value));
        forwarded(exchange, to, fromTrusted);
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

    /** Copies what a node answered. */
    void response(ClientResponse response, HttpServerExchange exchange) {
        exchange.setStatusCode(response.getResponseCode());
        HeaderMap from = response.getResponseHeaders();
        HeaderMap to = exchange.getResponseHeaders();
        Set<HttpString> dropped = named(from);
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
            // Also where the connection ends with the answer, for which Undertow leaves it out: by the last chunk the
            // client
            // tells the end from a node that died.
            to.put(Headers.TRANSFER_ENCODING, "chunked");
        }
    }

    /** Whether the client came by TLS, to this proxy or to a trusted one before it. */
    boolean isSecure(HttpServerExchange exchange) {
        return isTls(exchange)
                || isFromTrusted(exchange)
                        && "https".equals(exchange.getRequestHeaders().getFirst(Headers.X_FORWARDED_PROTO));
    }

    /** Of the client, as limits count it; a trusted proxy that names none counts itself, so that no request escapes them. */
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
                && named(exchange.getRequestHeaders()).contains(Headers.UPGRADE);
    }

    /** Whether the response is a stream of events without a known end. */
    static boolean isStream(ClientResponse response, HttpString method) {
        HeaderMap headers = response.getResponseHeaders();
        String type = headers.getFirst(Headers.CONTENT_TYPE);
        return type != null
                && type.toLowerCase(Locale.ROOT).startsWith("text/event-stream")
                && !method.equals(Methods.HEAD)
                && !headers.contains(Headers.CONTENT_LENGTH);
    }

    /** Whether the body of the response ends with its connection alone (RFC 9112, section 6.3). */
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

    /** The names that the {@code Connection} headers list. */
    private static Set<HttpString> named(HeaderMap headers) {
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

    private void forwarded(HttpServerExchange exchange, HeaderMap to, boolean fromTrusted) {
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

    /** By the connection: over HTTP/2 the request's own word for its scheme is the client's. */
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
