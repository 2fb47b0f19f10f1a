package dev.carillon.warmup;

import dev.carillon.auth.Grants;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Interest;
import dev.carillon.delivery.ClientListener;
import dev.carillon.format.WireFormats;
import dev.carillon.http.Endpoint;
import dev.carillon.http.Problem;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.transport.StreamHead;
import dev.carillon.transport.Streams;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a warm-up. They take the way of every stream, but receive no event, as their only scope is a tab without a context. There is nothing at this
 * path for a request without the key, which this process alone knows, and never after the warm-up.
 */
public final class WarmUpEndpoint implements Endpoint {
    static final String PATH = "/_warm-up";
    static final String KEY = "key";

    private static final List<Interest> INTERESTS = List.of(Interest.in(Tenant.DEFAULT, Scope.tab("warm-up")));

    private final Streams streams;
    private final Sessions sessions;
    private volatile @Nullable String key;

    public WarmUpEndpoint(Streams streams, Sessions sessions) {
        this.streams = streams;
        this.sessions = sessions;
    }

    /** @param value null: no more streams */
    void open(@Nullable String value) {
        key = value;
    }

    @Override
    public void addTo(RoutingHandler routes) {
        routes.get(PATH, this::answer);
    }

    @Override
    public Set<String> streamPaths() {
        return Set.of(PATH);
    }

    private void answer(HttpServerExchange exchange) {
        String expected = key;
        String given = Requests.parameter(exchange, KEY).orElse("");
        if (expected == null || !MessageDigest.isEqual(bytes(expected), bytes(given)) || Requests.isHead(exchange)) {
            Problem.answer(exchange, ErrorCode.NOT_FOUND, "there is nothing at " + PATH);
            return;
        }
        Sessions.Session session = sessions.of(exchange, null);
        streams.open(
                exchange,
                new Streams.Request(
                        Grants.ANONYMOUS,
                        INTERESTS,
                        new StreamHead(Map.of(), session.setCookie()),
                        null,
                        WireFormats.SSE,
                        "{}",
                        null,
                        Streams.Refusal.AS_STREAM,
                        new ClientListener() {
                            @Override
                            public void closed(CloseReason reason) {}
                        }));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
