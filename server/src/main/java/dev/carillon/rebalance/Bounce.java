package dev.carillon.rebalance;

import dev.carillon.base.CloseReason;
import dev.carillon.format.WireFormats;
import dev.carillon.http.Cookies;
import dev.carillon.http.Origins;
import dev.carillon.http.SiteConfig;
import dev.carillon.transport.StreamHead;
import dev.carillon.transport.Streams;
import dev.carillon.transport.WebSocketHandshake;
import io.micrometer.core.instrument.Counter;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Refuses stream requests that a sticky cookie has brought back, while the {@link BounceWindow} is open: temporarily, as a draining node does, and with a
 * {@code Set-Cookie} that expires the cookie, so that the proxy chooses a node anew. A WebSocket is accepted and closed: browsers show neither status nor
 * {@code Retry-After} of a refused handshake to a page. Requests without the cookie were placed by the proxy, and stay.
 *
 * <p>Runs on I/O threads. While the window is closed it costs a request one read of a number.
 */
public final class Bounce implements Predicate<HttpServerExchange> {
    private static final int MAX_DELAY_MILLIS = 500;

    private final BounceWindow window;
    private final List<String> cookies;
    private final SiteConfig site;
    private final Rules rules;
    private final Counter bounced;
    private final RandomGenerator random;

    /**
     * What a refusal needs of the node.
     *
     * @param isStream whether the answer to a request for this path is a stream
     */
    public record Rules(SiteConfig site, Origins origins, Streams streams, Predicate<String> isStream) {}

    /** @param bounced counts the refused requests */
    Bounce(BounceWindow window, List<String> cookies, Rules rules, Counter bounced, RandomGenerator random) {
        this.window = window;
        this.cookies = cookies;
        this.site = rules.site();
        this.rules = rules;
        this.bounced = bounced;
        this.random = random;
    }

    /** Whether the request was answered. */
    @Override
    public boolean test(HttpServerExchange exchange) {
        if (!window.isOpen() || !exchange.getRequestMethod().equals(Methods.GET) || !exchange.isRequestComplete()) {
            return false;
        }
        boolean webSocket = exchange.getRequestHeaders().contains(Headers.UPGRADE);
        if (!webSocket && !rules.isStream().test(exchange.getRequestPath())) {
            return false;
        }
        List<String> expired = expired(exchange.getRequestHeaders());
        if (expired.isEmpty()) {
            return false;
        }
        WebSocketHandshake handshake = webSocket ? WebSocketHandshake.of(exchange, rules.origins(), false) : null;
        if (!window.take()) {
            return false;
        }
        bounced.increment();
        int delay = random.nextInt(MAX_DELAY_MILLIS);
        // Dispatched, so that Undertow does not end the exchange and the response stays incomplete.
        exchange.dispatch(exchange.getIoThread(), () -> {
            if (handshake == null) {
                // The format of the hub: it has no notices, which clients of other endpoints do not need here.
                rules.streams()
                        .refuse(
                                exchange,
                                StreamHead.withCookies(rules.origins().headers(exchange), expired),
                                WireFormats.MERCURE,
                                CloseReason.REBALANCED,
                                delay);
            } else {
                rules.streams()
                        .refuse(
                                exchange,
                                handshake.headWithCookies(rules.origins().headers(exchange), expired),
                                WireFormats.WEBSOCKET,
                                CloseReason.REBALANCED,
                                delay);
            }
        });
        return true;
    }

    /**
     * Values of {@code Set-Cookie} that expire the sticky cookies of a request. A browser knows a cookie by its name, path and partition: the proxy may have
     * set it for the whole site or for the base path, and partitioned or not.
     */
    private List<String> expired(HeaderMap request) {
        List<String> lines = new ArrayList<>(1);
        for (String name : cookies) {
            String value = Cookies.first(request, name);
            if (value == null || value.isEmpty()) {
                continue;
            }
            for (String path : paths()) {
                String line = name + "=; Path=" + path + "; Max-Age=0; HttpOnly";
                lines.add(line);
                if (site.embedding()) {
                    lines.add(line + site.cookieSite("Lax", true));
                }
            }
        }
        return lines;
    }

    private Set<String> paths() {
        Set<String> paths = new LinkedHashSet<>();
        paths.add("/");
        paths.add(site.cookiePath());
        return paths;
    }
}
