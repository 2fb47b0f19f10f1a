package dev.carillon.http;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.broker.Interest;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.FanOut;
import dev.carillon.fanout.GoneException;
import dev.carillon.fanout.Subscription;
import dev.carillon.feed.Feed;
import dev.carillon.history.Opening;
import io.undertow.server.HttpServerExchange;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a request into an open stream: joins its interests, takes the connection over, attaches it, and opens it. Where that is
 * refused for a time the client gets 200, a delay and the end: a browser's EventSource gives up for good after a 503.
 */
public final class Streams {
    private static final Logger LOGGER = LoggerFactory.getLogger(Streams.class);

    private final Feed feed;
    private final FanOut fanOut;
    private final Opening opening;

    public Streams(Feed feed, FanOut fanOut, Opening opening) {
        this.feed = feed;
        this.fanOut = fanOut;
        this.opening = opening;
    }

    /**
     * What a face asks for.
     *
     * @param first what comes before all events
     * @param refusal what comes instead, where the stream is refused for a time
     * @param lastEventId from which to resume, unchecked; null: a new client
     * @param onClosed called once, when the stream is gone or was not to be
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Request(
            Grants grants,
            List<Interest> interests,
            StreamHead head,
            byte[] first,
            byte[] refusal,
            @Nullable String lastEventId,
            Runnable onClosed) {}

    /** On the exchange's I/O thread; the exchange must not be used afterwards. */
    public void open(HttpServerExchange exchange, Request request) {
        exchange.dispatch(
                exchange.getIoThread(),
                () -> feed.join(request.interests())
                        .whenComplete((x, e) -> exchange.getIoThread().execute(() -> {
                            if (e == null) {
                                attach(exchange, request);
                            } else {
                                log(e);
                                request.onClosed().run();
                                refuse(exchange, request.head(), request.refusal());
                            }
                        })));
    }

    /** Ends the request as a stream that is refused for a time; on its I/O thread. */
    public void refuse(HttpServerExchange exchange, StreamHead head, byte[] refusal) {
        StreamPipe pipe = pipe(exchange);
        byte[] begin = pipe.begin(head);
        Connection connection =
                fanOut.attach(exchange.getIoThread(), pipe, new Subscription(Grants.ANONYMOUS, List.of(), () -> {}));
        fanOut.end(connection, join(begin, refusal));
    }

    private static StreamPipe pipe(HttpServerExchange exchange) {
        return RawPipe.takeOver(exchange);
    }

    private void attach(HttpServerExchange exchange, Request request) {
        StreamPipe pipe = pipe(exchange);
        byte[] head = pipe.begin(request.head());
        Subscription subscription = new Subscription(request.grants(), request.interests(), () -> {
            feed.leave(request.interests());
            request.onClosed().run();
        });
        String resume = request.lastEventId();
        Connection connection = opening.take(exchange.getIoThread(), pipe, subscription, resume != null);
        opening.open(connection, request.grants().tenant(), join(head, request.first()), resume)
                .whenComplete((x, e) -> {
                    if (e != null) {
                        log(e);
                        // Of a stream that resumes the head is out already.
                        byte[] refusal = resume == null ? join(head, request.refusal()) : request.refusal();
                        fanOut.end(connection, refusal);
                    }
                });
    }

    private static byte[] join(byte[] head, byte[] body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(head.length + body.length);
        bytes.writeBytes(head);
        bytes.writeBytes(body);
        return bytes.toByteArray();
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
