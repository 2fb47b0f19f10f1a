package dev.carillon.stream;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.context.Attachment;
import dev.carillon.delivery.ClientListener;
import dev.carillon.delivery.OpenConnection;
import dev.carillon.format.WireFormat;
import dev.carillon.format.WireFormats;
import dev.carillon.http.ContentCoding;
import dev.carillon.http.Origins;
import dev.carillon.http.Requests;
import dev.carillon.transport.StreamHead;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code GET /events?route=/board&topic=a&topic=b[&context=…]}: server-sent events, compressed when the client accepts it. */
public final class EventsHandler implements HttpHandler {
    private final ContextStreams streams;
    private final Origins origins;
    private final boolean compression;
    private final Duration pingInterval;
    private final InstantSource clock;

    /**
     * @param compression whether streams may be compressed
     * @param pingInterval interval of the pings that a client may ask for
     */
    public EventsHandler(
            ContextStreams streams, Origins origins, boolean compression, Duration pingInterval, InstantSource clock) {
        this.streams = streams;
        this.origins = origins;
        this.compression = compression;
        this.pingInterval = pingInterval;
        this.clock = clock;
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
        private final boolean pings;
        private final @Nullable StreamListener streamListener;

        Protocol(HttpServerExchange exchange, @Nullable StreamListener streamListener) {
            this.exchange = exchange;
            this.compressed = compression && ContentCoding.acceptsGzip(exchange);
            this.pings = pings(exchange);
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
        public void opened(OpenConnection connection, Attachment attachment) {
            if (streamListener != null) {
                streamListener.opened(connection, attachment.context().id());
            }
        }

        @Override
        public ClientListener listener(Consumer<CloseReason> onClosed, String session, @Nullable String label) {
            return new Listener(
                    onClosed, streamListener, pings ? (int) pingInterval.toSeconds() : 0, clock, session, label);
        }
    }

    private static boolean pings(HttpServerExchange exchange) {
        String text = Requests.parameter(exchange, "ping").orElse("false");
        if (!text.equals("true") && !text.equals("false")) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "parameter ping: must be true or false");
        }
        return text.equals("true");
    }

    /** Lives as long as the stream, so it must not refer to the request. */
    private static final class Listener implements ClientListener {
        private final Consumer<CloseReason> onClosed;
        private final @Nullable StreamListener next;
        private final InstantSource clock;
        private final StreamNotices notices = new StreamNotices();
        private final StreamRights rights;
        private final int pingSeconds;
        private final String session;
        private final @Nullable String label;
        private int seconds;

        /** @param pingSeconds interval of pings; 0: none */
        Listener(
                Consumer<CloseReason> onClosed,
                @Nullable StreamListener next,
                int pingSeconds,
                InstantSource clock,
                String session,
                @Nullable String label) {
            this.onClosed = onClosed;
            this.next = next;
            this.rights = new StreamRights(next == null, (connection, scopes) -> StreamRights.close(connection));
            this.pingSeconds = pingSeconds;
            this.clock = clock;
            this.session = session;
            this.label = label;
        }

        @Override
        public String transport() {
            return "events";
        }

        @Override
        public String session() {
            return session;
        }

        @Override
        public @Nullable String label() {
            return label;
        }

        @Override
        public void tick(OpenConnection connection) {
            rights.tick(connection);
            notices.tick(connection, clock);
            if (pingSeconds > 0 && ++seconds % pingSeconds == 0) {
                StreamNotices.ping(connection);
            }
        }

        @Override
        public void closed(CloseReason reason) {
            onClosed.accept(reason);
            if (next != null) {
                next.closed(reason);
            }
        }
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
