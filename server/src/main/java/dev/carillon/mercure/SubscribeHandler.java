package dev.carillon.mercure;

import dev.carillon.auth.KeysUnavailableException;
import dev.carillon.base.CarillonException;
import dev.carillon.broker.Interest;
import dev.carillon.format.WireFormat;
import dev.carillon.format.WireFormats;
import dev.carillon.history.StartPoint;
import dev.carillon.http.ContentCoding;
import dev.carillon.http.Origins;
import dev.carillon.http.RequestRate;
import dev.carillon.http.Requests;
import dev.carillon.scope.Cursor;
import dev.carillon.transport.StreamHead;
import dev.carillon.transport.Streams;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** {@code GET /.well-known/mercure?topic=…}: streams the updates whose topic matches a selector, as server-sent events. */
final class SubscribeHandler implements HttpHandler {
    private final MercureTokens tokens;
    private final Origins origins;
    private final Streams streams;
    private final SubscriberRegistrar subscribers;
    private final BooleanSupplier accepting;
    private final Options options;
    private final TemplateQuota templateQuota = new TemplateQuota();

    /**
     * Options of the answers.
     *
     * @param compression whether streams are compressed for clients that accept it
     * @param strictStatus whether a temporary refusal is 503
     * @param announced whether subscriptions are announced
     */
    record Options(boolean compression, boolean strictStatus, boolean announced) {
        Streams.Refusal refusal() {
            return strictStatus ? Streams.Refusal.AS_STATUS : Streams.Refusal.AS_STREAM;
        }
    }

    SubscribeHandler(
            MercureTokens tokens,
            Origins origins,
            Streams streams,
            SubscriberRegistrar subscribers,
            BooleanSupplier accepting,
            Options options) {
        this.tokens = tokens;
        this.origins = origins;
        this.streams = streams;
        this.subscribers = subscribers;
        this.accepting = accepting;
        this.options = options;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        Requests.then(
                exchange,
                () -> tokens.subscriber(exchange)
                        .thenApply(Optional::of)
                        .exceptionallyCompose(SubscribeHandler::emptyIfKeysUnavailable),
                token -> token.ifPresentOrElse(known -> subscribe(exchange, known), () -> refuse(exchange)));
    }

    /** Returns empty when the keys cannot be fetched now: the failure is temporary, and a browser must not give up because of it. */
    private static CompletionStage<Optional<MercureGrants>> emptyIfKeysUnavailable(Throwable e) {
        Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
        return cause instanceof KeysUnavailableException
                ? CompletableFuture.completedFuture(Optional.empty())
                : CompletableFuture.failedFuture(e);
    }

    private void refuse(HttpServerExchange exchange) {
        boolean compressed = compressed(exchange);
        streams.refuse(
                exchange, new StreamHead(headers(exchange, compressed), null), format(compressed), options.refusal());
    }

    private void subscribe(HttpServerExchange exchange, MercureGrants token) {
        TopicQuery query = TopicQuery.of(exchange);
        List<Interest> interests = query.interests(token.grants().tenant(), options.announced());
        if (!accepting.getAsBoolean()) {
            refuse(exchange);
            return;
        }
        boolean compressed = compressed(exchange);
        Map<String, String> headers = headers(exchange, compressed);
        if (Requests.isHead(exchange)) {
            new StreamHead(headers, null).answer(exchange);
            return;
        }
        if (!RequestRate.permitsStream(exchange, query.selectors().size())) {
            refuse(exchange);
            return;
        }
        long address = Requests.address(exchange);
        Runnable releaseTemplates = templateQuota.acquire(address, query.templates());
        Runnable unregister;
        try {
            unregister = subscribers.register(token, query, address);
        } catch (CarillonException e) {
            releaseTemplates.run();
            throw e;
        }
        streams.open(
                exchange,
                new Streams.Request(
                        token.grants(),
                        interests,
                        new StreamHead(headers, null),
                        id -> headFrom(headers, id),
                        format(compressed),
                        null,
                        from(exchange),
                        options.refusal(),
                        new SubscriberListener(() -> {
                            releaseTemplates.run();
                            unregister.run();
                        })));
    }

    private boolean compressed(HttpServerExchange exchange) {
        return options.compression() && ContentCoding.acceptsGzip(exchange);
    }

    private static WireFormat format(boolean compressed) {
        return compressed ? WireFormats.MERCURE_GZIP : WireFormats.MERCURE;
    }

    private static @Nullable StartPoint from(HttpServerExchange exchange) {
        String id = Requests.lastEventId(exchange);
        if (id == null) {
            return null;
        }
        return id.equals(Cursor.EARLIEST) ? StartPoint.EARLIEST : new StartPoint.LastEvent(id);
    }

    private Map<String, String> headers(HttpServerExchange exchange, boolean compressed) {
        Map<String, String> headers = new TreeMap<>(origins.headers(exchange));
        headers.put("Content-Type", "text/event-stream");
        headers.put("Cache-Control", "private, no-cache, no-store, must-revalidate, max-age=0");
        if (options.compression()) {
            headers.merge("Vary", "Accept-Encoding", (a, b) -> a + ", " + b);
        }
        if (compressed) {
            headers.put("Content-Encoding", "gzip");
        }
        return headers;
    }

    private static StreamHead headFrom(Map<String, String> headers, String id) {
        Map<String, String> more = new TreeMap<>(headers);
        // Headers are encoded in Latin-1: this keeps the bytes of the UTF-8 id.
        String bytes = new String(id.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        more.put("Last-Event-ID", bytes);
        more.put("Mercure-Last-Event-ID", bytes);
        return new StreamHead(more, null);
    }
}
