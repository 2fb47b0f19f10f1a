package dev.carillon.stream;

import dev.carillon.delivery.ClientListener;
import dev.carillon.fanout.CloseReason;
import dev.carillon.fanout.WireFormat;
import dev.carillon.fanout.WireFormats;
import dev.carillon.http.ContentCoding;
import dev.carillon.http.Origins;
import dev.carillon.http.StreamHead;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code GET /events?route=/board&topic=a&topic=b[&context=…]}: server-sent events, compressed where the client accepts it. */
public final class EventsHandler implements HttpHandler {
    private final ContextStreams streams;
    private final Origins origins;
    private final boolean compression;

    /** @param compression whether to compress at all */
    public EventsHandler(ContextStreams streams, Origins origins, boolean compression) {
        this.streams = streams;
        this.origins = origins;
        this.compression = compression;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        boolean compressed = compression && ContentCoding.acceptsGzip(exchange);
        streams.open(exchange, new ContextStreams.Protocol() {
            @Override
            public StreamHead head(@Nullable String setCookie) {
                return new StreamHead(headers(exchange, compressed), setCookie);
            }

            @Override
            public WireFormat format() {
                return compressed ? WireFormats.SSE_GZIP : WireFormats.SSE;
            }

            @Override
            public ClientListener listener(Consumer<CloseReason> onClosed) {
                return onClosed::accept;
            }
        });
    }

    private Map<String, String> headers(HttpServerExchange exchange, boolean compressed) {
        Map<String, String> headers = new TreeMap<>(origins.headers(exchange));
        if (compression) {
            headers.merge("Vary", "Accept-Encoding", (a, b) -> a + ", " + b);
        }
        if (compressed) {
            headers.put("Content-Encoding", "gzip");
        }
        return headers;
    }
}
