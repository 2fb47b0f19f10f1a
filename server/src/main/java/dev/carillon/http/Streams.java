package dev.carillon.http;

import dev.carillon.auth.Grants;
import dev.carillon.base.Bytes;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Interest;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.FanOut;
import dev.carillon.fanout.GoneException;
import dev.carillon.fanout.IoThread;
import dev.carillon.fanout.Subscription;
import dev.carillon.fanout.WireFormat;
import dev.carillon.fanout.WireFormats;
import dev.carillon.feed.Feed;
import dev.carillon.history.From;
import dev.carillon.history.Opening;
import dev.carillon.scope.Cursor;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.util.Protocols;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a request into an open stream: joins its interests, takes the connection over, attaches it, and opens it. Where that is
 * refused for a time the client gets 200, a delay and the end: a browser's EventSource gives up for good after a 503.
 */
public final class Streams {
    private static final Logger LOGGER = LoggerFactory.getLogger(Streams.class);
    /** A client that loses its stream comes back after this, at random, so that thousands do not come at once. */
    private static final int RETRY_MIN_MILLIS = 500;

    private static final int RETRY_MAX_MILLIS = 2_500;

    /** What a head says of a stream whose client gave an id that is not known, or asked for everything that is kept. */
    public static final String EARLIEST = Cursor.EARLIEST;

    private final Feed feed;
    private final FanOut fanOut;
    private final Opening opening;
    private final Duration stallTimeout;
    private final XnioThreads threads = new XnioThreads();

    /** @param stallTimeout how long a client may take nothing of its stream */
    public Streams(Feed feed, FanOut fanOut, Opening opening, Duration stallTimeout) {
        this.feed = feed;
        this.fanOut = fanOut;
        this.opening = opening;
        this.stallTimeout = stallTimeout;
    }

    /**
     * What a face asks for.
     *
     * @param head of the response
     * @param headFrom the same with the word from where the stream goes on: the id that the client gave, as far as it may be named to it,
     *     or {@value #EARLIEST}; null: the head does not say
     * @param opening the data of the event {@code carillon.open}, which comes before all others with a delay for coming back; null: none
     * @param from null: a new client
     * @param refusal how it is refused for a time
     * @param onClosed called once, when the stream is gone or was not to be
     */
    public record Request(
            Grants grants,
            List<Interest> interests,
            StreamHead head,
            @Nullable Function<String, StreamHead> headFrom,
            WireFormat format,
            Subscription.Reader reader,
            @Nullable String opening,
            @Nullable From from,
            Refusal refusal,
            Runnable onClosed) {
        private Request named(String id) {
            StreamHead saying = headFrom == null ? head : headFrom.apply(id);
            return new Request(grants, interests, saying, null, format, reader, opening, from, refusal, onClosed);
        }

        private Request in(WireFormat framing) {
            return new Request(grants, interests, head, headFrom, framing, reader, opening, from, refusal, onClosed);
        }

        private Request goingOn(From found) {
            return new Request(grants, interests, head, headFrom, format, reader, opening, found, refusal, onClosed);
        }
    }

    /** How a stream is refused for a time. */
    public enum Refusal {
        /** 200, a delay and the end: a browser's EventSource comes back. */
        AS_STREAM,
        /** 503 with {@code Retry-After}, for clients that take it as it is meant; a browser's EventSource gives up. */
        AS_STATUS
    }

    /**
     * On the exchange's I/O thread; the exchange must not be used afterwards.
     *
     * @throws CarillonException {@code invalid-request} for a request with a body; then nothing was done
     */
    public void open(HttpServerExchange exchange, Request asked) {
        Request request = asked.in(framed(exchange, asked.format()));
        try {
            requireNoBody(exchange);
        } catch (CarillonException e) {
            request.onClosed().run();
            throw e;
        }
        long address = RequestMemory.of(exchange).address();
        exchange.dispatch(
                exchange.getIoThread(),
                () -> prepared(request, address)
                        .whenComplete((prepared, e) -> exchange.getIoThread().execute(() -> {
                            if (e == null) {
                                attach(exchange, prepared, address);
                            } else {
                                log(e);
                                request.onClosed().run();
                                refuse(exchange, request.head(), asked.format(), request.refusal());
                            }
                        })));
    }

    /** Joined, and with the head that it is to have. */
    private CompletionStage<Request> prepared(Request request, long address) {
        return feed.join(request.interests(), address)
                .thenCompose(x -> located(request).whenComplete((located, e) -> {
                    if (e != null) {
                        feed.leave(request.interests(), address);
                    }
                }));
    }

    private CompletionStage<Request> located(Request request) {
        return switch (request.from()) {
            case null -> CompletableFuture.completedFuture(request);
            case From.LastEvent(String id) ->
                opening.locate(request.grants(), request.interests(), id)
                        .thenCompose(found -> located(request.goingOn(found)));
            case From.Unknown _ -> CompletableFuture.completedFuture(request.named(EARLIEST));
            case From.Known known ->
                request.headFrom() == null
                        ? CompletableFuture.completedFuture(request)
                        : opening.mayName(request.grants(), known)
                                .thenApply(may -> may ? request.named(known.id()) : request);
        };
    }

    /** What is still to come of it would be taken for what the client sends on the stream. */
    private static void requireNoBody(HttpServerExchange exchange) {
        if (!exchange.isRequestComplete()) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "a request for a stream must not have a body");
        }
    }

    /**
     * Ends the request as a stream that is refused for a time; on its I/O thread.
     *
     * @throws CarillonException as {@link #open} does
     */
    public void refuse(HttpServerExchange exchange, StreamHead head, WireFormat format, Refusal refusal) {
        requireNoBody(exchange);
        if (refusal == Refusal.AS_STATUS) {
            Problem.answer(exchange, ErrorCode.OVERLOADED, "the node takes no streams now");
            return;
        }
        if (Requests.isHead(exchange)) {
            Requests.answerHead(exchange, head);
            return;
        }
        StreamPipe pipe = pipe(exchange);
        WireFormat framed = framed(exchange, format);
        byte[] begin = pipe.begin(head, framed);
        Connection connection = fanOut.attach(
                threads.of(exchange.getIoThread()),
                pipe,
                new Subscription(Grants.ANONYMOUS, List.of(), framed, Subscription.Reader.NONE, () -> {}));
        fanOut.end(connection, Bytes.join(begin, framed.preamble(), refusal(framed)));
    }

    private StreamPipe pipe(HttpServerExchange exchange) {
        if (isTakenOver(exchange)) {
            return RawPipe.takeOver(exchange);
        }
        return ResponsePipe.of(exchange, stallTimeout);
    }

    private static boolean isTakenOver(HttpServerExchange exchange) {
        return exchange.getConnection() instanceof HttpServerConnection http1 && http1.getSslSession() == null;
    }

    /** Undertow frames what goes by it; a connection that was taken over needs chunks, but for HTTP/1.0, which has none. */
    private static WireFormat framed(HttpServerExchange exchange, WireFormat format) {
        return isTakenOver(exchange) && exchange.getProtocol().equals(Protocols.HTTP_1_1)
                ? WireFormats.chunked(format)
                : format;
    }

    private void attach(HttpServerExchange exchange, Request request, long address) {
        StreamPipe pipe = pipe(exchange);
        WireFormat format = request.format();
        byte[] begin = Bytes.join(pipe.begin(request.head(), format), format.preamble());
        Subscription subscription = subscription(request, address);
        From from = request.from();
        IoThread thread = threads.of(exchange.getIoThread());
        Connection connection = opening.take(thread, pipe, subscription, from);
        String data = request.opening();
        byte[] first = data == null
                ? begin
                : Bytes.join(begin, format.retry(retryMillis()), format.notice("carillon.open", data));
        opening.open(connection, request.grants().tenant(), first, from).whenComplete((x, e) -> {
            if (e != null) {
                log(e);
                // Of a stream that resumes the head is out already.
                boolean begun = from instanceof From.Known;
                fanOut.end(connection, begun ? refusal(format) : Bytes.join(begin, refusal(format)));
            }
        });
    }

    /** It lives as long as the stream: so it refers to nothing else of the request. */
    private Subscription subscription(Request request, long address) {
        List<Interest> interests = List.copyOf(feed.same(request.interests()));
        Runnable onClosed = request.onClosed();
        return new Subscription(request.grants(), interests, request.format(), request.reader(), address, () -> {
            feed.leave(interests, address);
            onClosed.run();
        });
    }

    private static byte[] refusal(WireFormat format) {
        return Bytes.join(format.retry(RETRY_MAX_MILLIS + retryMillis()), format.end());
    }

    private static int retryMillis() {
        return ThreadLocalRandom.current().nextInt(RETRY_MIN_MILLIS, RETRY_MAX_MILLIS);
    }

    private static void log(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof CarillonException || cause instanceof GoneException) {
            LOGGER.atDebug().log("a stream was refused for a time: {}", cause.getMessage());
        } else {
            LOGGER.error("a stream could not be opened", cause);
        }
    }
}
