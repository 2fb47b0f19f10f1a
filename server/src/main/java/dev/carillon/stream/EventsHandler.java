package dev.carillon.stream;

import dev.carillon.auth.Grants;
import dev.carillon.base.CloseReason;
import dev.carillon.delivery.ClientListener;
import dev.carillon.delivery.OpenConnection;
import dev.carillon.format.WireFormat;
import dev.carillon.format.WireFormats;
import dev.carillon.http.ContentCoding;
import dev.carillon.http.Origins;
import dev.carillon.transport.StreamHead;
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
        streams.open(exchange, new Protocol(exchange, null));
    }

    /** Opens a stream of an application's endpoint, on the request's I/O thread. */
    public void open(HttpServerExchange exchange, Grants grants, ContextStreams.Asked asked, StreamLife life) {
        streams.open(exchange, grants, asked, new Protocol(exchange, life));
    }

    /** Whether the node takes new streams. */
    public boolean accepts() {
        return streams.accepts();
    }

    /** Refuses a stream for a time, so that an EventSource comes back; on the request's I/O thread. */
    public void refuse(HttpServerExchange exchange) {
        streams.refuse(exchange, new Protocol(exchange, null));
    }

    private final class Protocol implements ContextStreams.Protocol {
        private final HttpServerExchange exchange;
        private final boolean compressed;
        private final @Nullable StreamLife life;

        Protocol(HttpServerExchange exchange, @Nullable StreamLife life) {
            this.exchange = exchange;
            this.compressed = compression && ContentCoding.acceptsGzip(exchange);
            this.life = life;
        }

        @Override
        public StreamHead head(@Nullable String setCookie) {
            return new StreamHead(headers(exchange, compressed), setCookie);
        }

        @Override
        public WireFormat format() {
            return compressed ? WireFormats.SSE_GZIP : WireFormats.SSE;
        }

        @Override
        public void opened(OpenConnection connection, String context) {
            if (life != null) {
                life.opened(connection, context);
            }
        }

        @Override
        public ClientListener listener(Consumer<CloseReason> onClosed) {
            return life == null ? onClosed::accept : ending(onClosed, life);
        }
    }

    /** It lives as long as the stream, and must not hold the request. */
    private static ClientListener ending(Consumer<CloseReason> onClosed, StreamLife life) {
        return reason -> {
            onClosed.accept(reason);
            life.closed(reason);
        };
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
