package dev.carillon.transport;

import dev.carillon.auth.Grants;
import dev.carillon.base.Bytes;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Interest;
import dev.carillon.delivery.ClientListener;
import dev.carillon.delivery.Delivery;
import dev.carillon.delivery.OpenConnection;
import dev.carillon.format.WireFormat;
import dev.carillon.format.WireFormats;
import dev.carillon.history.StartPoint;
import dev.carillon.http.Limits;
import dev.carillon.http.Problem;
import dev.carillon.http.RequestLog;
import dev.carillon.http.RequestMemory;
import dev.carillon.http.Requests;
import dev.carillon.scope.TagFilter;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.util.HttpString;
import io.undertow.util.Protocols;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns requests into connections of {@link Delivery}. A client whose stream is refused temporarily gets 200, a delay and the end, as a
 * browser's EventSource gives up for good after a 503.
 */
public final class Streams {
    private static final Logger LOGGER = LoggerFactory.getLogger(Streams.class);

    /** Header that says that the node did nothing with the request, and why. If it drains, a proxy may send the request to another node. */
    private static final String REFUSED = "Carillon-Refused";

    private final Delivery delivery;
    private final Duration stallTimeout;
    private final BooleanSupplier accepting;
    private final XnioThreads threads = new XnioThreads();

    /**
     * @param stallTimeout how long a client may receive nothing of its stream
     * @param accepting whether the node accepts new streams: false while it drains
     */
    public Streams(Delivery delivery, Duration stallTimeout, BooleanSupplier accepting) {
        this.delivery = delivery;
        this.stallTimeout = stallTimeout;
        this.accepting = accepting;
    }

    /**
     * An endpoint's request to open a stream.
     *
     * @param head of the response
     * @param headFrom returns the head with the id from which the stream continues ({@link Delivery.Joined#position}); null: {@code head}
     *     is used
     * @param filter selects events of routes and topics by their tags; null: all events
     * @param announcement data of the event {@code carillon.open}; null: no such event
     * @param from position to resume from; null: a new client
     * @param refusal form of a temporary refusal
     * @param onOpen called with the open connection, on its I/O thread
     */
    public record Request(
            Grants grants,
            List<Interest> interests,
            StreamHead head,
            @Nullable Function<String, StreamHead> headFrom,
            WireFormat format,
            @Nullable TagFilter filter,
            @Nullable String announcement,
            @Nullable StartPoint from,
            Refusal refusal,
            ClientListener listener,
            Consumer<OpenConnection> onOpen) {
        /** Creates a request of an endpoint that does not change the connection while it is open. */
        public Request(
                Grants grants,
                List<Interest> interests,
                StreamHead head,
                @Nullable Function<String, StreamHead> headFrom,
                WireFormat format,
                @Nullable String announcement,
                @Nullable StartPoint from,
                Refusal refusal,
                ClientListener listener) {
            this(grants, interests, head, headFrom, format, null, announcement, from, refusal, listener, x -> {});
        }

        private StreamHead head(Delivery.Joined joined) {
            return headFrom == null ? head : joined.position().map(headFrom).orElse(head);
        }
    }

    /** The form of a temporary refusal. */
    public enum Refusal {
        /** 200, a delay and the end: a browser's EventSource reconnects. */
        AS_STREAM,
        /** 503 with {@code Retry-After}, for clients that honour it; a browser's EventSource gives up. */
        AS_STATUS
    }

    /**
     * Opens a stream, or refuses it. To be called on the exchange's I/O thread; the exchange must not be used afterwards.
     *
     * @throws CarillonException {@code invalid-request} for a request with a body; then only the listener was notified
     */
    public void open(HttpServerExchange exchange, Request request) {
        try {
            requireNoBody(exchange);
        } catch (CarillonException e) {
            request.listener().closed(CloseReason.PROTOCOL_ERROR);
            throw e;
        }
        Delivery.Request joining = new Delivery.Request(
                request.grants(),
                request.interests(),
                request.from(),
                request.headFrom() != null,
                RequestMemory.of(exchange).address());
        exchange.dispatch(
                exchange.getIoThread(),
                () -> delivery.join(joining)
                        .whenComplete((joined, e) -> exchange.getIoThread().execute(() -> {
                            if (e == null) {
                                attach(exchange, request, joined);
                            } else {
                                log(e);
                                request.listener().closed(CloseReason.UNAVAILABLE);
                                refuse(exchange, request.head(), request.format(), request.refusal());
                            }
                        })));
    }

    private void attach(HttpServerExchange exchange, Request request, Delivery.Joined joined) {
        if (!accepting.getAsBoolean()) {
            joined.abandon();
            request.listener().closed(CloseReason.DRAINING);
            refuse(exchange, request.head(), request.format(), request.refusal());
            return;
        }
        WireFormat format = framed(exchange, request.format());
        StreamPipe pipe;
        StreamHead first;
        byte[] head;
        try {
            first = request.head(joined);
            pipe = pipe(exchange, first);
            head = Bytes.join(pipe.begin(first, format), format.preamble());
        } catch (RuntimeException e) {
            joined.abandon();
            request.listener().closed(CloseReason.FAILED);
            throw e;
        }
        OpenConnection open = joined.open(
                threads.of(exchange.getIoThread()),
                pipe,
                head,
                new Delivery.OpenOptions(
                        format,
                        request.filter(),
                        request.announcement(),
                        request.listener(),
                        reason -> Bytes.join(
                                pipe.beginAgain(first.with(REFUSED, reason.code()), format), format.preamble())));
        request.onOpen().accept(open);
    }

    /** The rest of a body would be read as the client's input on the stream. */
    private static void requireNoBody(HttpServerExchange exchange) {
        if (!exchange.isRequestComplete()) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "a request for a stream must not have a body");
        }
    }

    /**
     * Refuses a stream temporarily. To be called on the exchange's I/O thread.
     *
     * @throws CarillonException as {@link #open}
     */
    public void refuse(HttpServerExchange exchange, StreamHead head, WireFormat format, Refusal refusal) {
        requireNoBody(exchange);
        CloseReason reason = accepting.getAsBoolean() ? CloseReason.UNAVAILABLE : CloseReason.DRAINING;
        if (refusal == Refusal.AS_STATUS) {
            exchange.getResponseHeaders().put(new HttpString(REFUSED), reason.code());
            Problem.answer(exchange, ErrorCode.OVERLOADED, "the node accepts no streams at the moment");
            return;
        }
        if (Requests.isHead(exchange)) {
            head.answer(exchange);
            return;
        }
        WireFormat framed = framed(exchange, format);
        StreamPipe pipe = pipe(exchange, head);
        StreamHead answer = head.with(REFUSED, reason.code());
        byte[] begin = Bytes.join(pipe.begin(answer, framed), framed.preamble());
        delivery.refuse(threads.of(exchange.getIoThread()), pipe, framed, begin);
    }

    /**
     * Refuses a stream with a reason and a reconnect delay of the caller's. To be called on the exchange's I/O thread, for a GET without a body.
     */
    public void refuse(
            HttpServerExchange exchange, StreamHead head, WireFormat format, CloseReason reason, int retryMillis) {
        WireFormat framed = framed(exchange, format);
        StreamPipe pipe = pipe(exchange, head);
        StreamHead answer = head.with(REFUSED, reason.code());
        byte[] begin = Bytes.join(pipe.begin(answer, framed), framed.preamble());
        delivery.refuse(threads.of(exchange.getIoThread()), pipe, framed, begin, reason, retryMillis);
    }

    /** Implements {@link dev.carillon.http.Admission.StreamRefusal#cutOff}. */
    public static void cutOff(HttpServerExchange exchange, byte[] first) {
        ResponsePipe pipe = ResponsePipe.of(exchange, Limits.STALL_TIMEOUT);
        try {
            pipe.begin(new StreamHead(Map.of(REFUSED, CloseReason.OVERLOADED.code()), null), WireFormats.SSE);
            pipe.write(ByteBuffer.wrap(first));
            pipe.closeAfterFlush();
        } catch (IOException e) {
            LOGGER.debug("a client disconnected before its stream was refused");
            pipe.close();
        }
    }

    private StreamPipe pipe(HttpServerExchange exchange, StreamHead head) {
        RequestLog.streamBegins(exchange, head.status());
        if (isTakenOver(exchange) || head.switches()) {
            return RawPipe.takeOver(exchange);
        }
        return ResponsePipe.of(exchange, stallTimeout);
    }

    private static boolean isTakenOver(HttpServerExchange exchange) {
        return exchange.getConnection() instanceof HttpServerConnection http1 && http1.getSslSession() == null;
    }

    /** Adds chunks for a connection taken over from HTTP/1.1, which Undertow does not frame; HTTP/1.0 has no chunks. */
    private static WireFormat framed(HttpServerExchange exchange, WireFormat format) {
        return isTakenOver(exchange) && exchange.getProtocol().equals(Protocols.HTTP_1_1)
                ? WireFormats.chunked(format)
                : format;
    }

    private static void log(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof CarillonException) {
            LOGGER.atDebug().log("a stream was refused temporarily: {}", cause.getMessage());
        } else {
            LOGGER.error("a stream could not be opened", cause);
        }
    }
}
