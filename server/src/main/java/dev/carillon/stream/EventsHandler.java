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

/** {@code GET /events?route=/board&topic=a&topic=b[&context=…]}: server-sent events, compressed when the client accepts it. */
public final class EventsHandler implements HttpHandler {
    private final ContextStreams streams;
    private final Origins origins;
    private final boolean compression;

    /** @param compression whether streams may be compressed */
    public EventsHandler(ContextStreams streams, Origins origins, boolean compression) {
        this.streams = streams;
        this.origins = origins;
        this.compression = compression;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        streams.open(exchange, new Protocol(exchange, null));
    }

    /**
     * Opens a stream of an extension. Called on the I/O thread of the request.
     *
     * @param listener receives the opening and the end of the stream
     */
    public void open(
            HttpServerExchange exchange, Grants grants, ContextStreams.Selection selection, StreamListener listener) {
        streams.open(exchange, grants, selection, new Protocol(exchange, listener));
    }

    /** Whether the node accepts new streams. */
    public boolean accepts() {
        return streams.accepts();
    }

    /** Refuses a stream temporarily, in a form after which an EventSource reconnects. Called on the I/O thread of the request. */
    public void refuse(HttpServerExchange exchange) {
        streams.refuse(exchange, new Protocol(exchange, null));
    }

    private final class Protocol implements ContextStreams.Protocol {
        private final HttpServerExchange exchange;
        private final boolean compressed;
        private final @Nullable StreamListener streamListener;

        Protocol(HttpServerExchange exchange, @Nullable StreamListener streamListener) {
            this.exchange = exchange;
            this.compressed = compression && ContentCoding.acceptsGzip(exchange);
            this.streamListener = streamListener;
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
            if (streamListener != null) {
                streamListener.opened(connection, context);
            }
        }

        @Override
        public ClientListener listener(Consumer<CloseReason> onClosed) {
            return streamListener == null ? onClosed::accept : both(onClosed, streamListener);
        }
    }

    /** The result lives as long as the stream, so it must not refer to the request. */
    private static ClientListener both(Consumer<CloseReason> onClosed, StreamListener streamListener) {
        return reason -> {
            onClosed.accept(reason);
            streamListener.closed(reason);
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
