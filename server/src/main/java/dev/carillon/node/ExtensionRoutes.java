package dev.carillon.node;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Interest;
import dev.carillon.delivery.OpenConnection;
import dev.carillon.extension.BodyHandler;
import dev.carillon.extension.BrowserSession;
import dev.carillon.extension.ClientStream;
import dev.carillon.extension.Cookie;
import dev.carillon.extension.RequestHandler;
import dev.carillon.extension.Response;
import dev.carillon.extension.StreamHandler;
import dev.carillon.extension.StreamOpening;
import dev.carillon.history.StartPoint;
import dev.carillon.http.HttpConfig;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import dev.carillon.http.SiteConfig;
import dev.carillon.http.StreamedBody;
import dev.carillon.scope.Scope;
import dev.carillon.stream.ContextStreams;
import dev.carillon.stream.EventsHandler;
import dev.carillon.stream.StreamListener;
import dev.carillon.trace.span.CallSpans;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.PathTemplateMatcher;
import io.undertow.util.StatusCodes;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the handlers of extensions, each call on its own virtual thread. At most {@value #MAX_CALLS} calls run at a time; further calls are
 * refused with {@code overloaded}, and with {@code draining} while the node stops.
 */
final class ExtensionRoutes {
    private static final Logger LOGGER = LoggerFactory.getLogger(ExtensionRoutes.class);
    private static final Set<ErrorCode> TEMPORARY = EnumSet.of(
            ErrorCode.OVERLOADED,
            ErrorCode.DRAINING,
            ErrorCode.CONTEXT_MOVED,
            ErrorCode.BROKER_UNAVAILABLE,
            ErrorCode.KEYS_UNAVAILABLE,
            ErrorCode.AUTHORIZER_UNAVAILABLE);
    private static final int MAX_CALLS = 2_000;

    private final RoutingHandler routes;
    private final EndpointContext context;
    private final EventsHandler events;
    private final Executor threads;
    private final BooleanSupplier stopping;
    private final PathTemplateMatcher<Boolean> streams = new PathTemplateMatcher<>();
    private final Semaphore calls = new Semaphore(MAX_CALLS);
    private final Uploads uploads = new Uploads();
    /** By prefix; complete before the first request. */
    private final Map<String, HttpHandler> notFound = new HashMap<>();

    /** @param stopping whether the node stops */
    ExtensionRoutes(
            RoutingHandler routes,
            EndpointContext context,
            EventsHandler events,
            Executor threads,
            BooleanSupplier stopping) {
        this.routes = routes;
        this.context = context;
        this.events = events;
        this.threads = threads;
        this.stopping = stopping;
    }

    void route(String method, String path, RequestHandler handler) {
        HttpHandler calling = exchange ->
                Requests.body(exchange, ServerRequest.MAX_BODY_BYTES, body -> answer(exchange, body, handler));
        routes.add(new HttpString(method), path, calling);
    }

    /** @param body null: the handler has it already */
    private void answer(HttpServerExchange exchange, byte @Nullable [] body, RequestHandler handler) {
        ServerRequest request = request(exchange, body);
        Requests.then(
                exchange,
                () -> call(request, () -> handler.handle(request)),
                response -> send(exchange, response, request));
    }

    void postStreamed(String path, BodyHandler handler) {
        routes.post(path, exchange -> {
            if (!isLarge(exchange)) {
                // A call is one of a limited number: it begins when it need not wait for its client.
                Requests.body(
                        exchange,
                        ServerRequest.MAX_BODY_BYTES,
                        body -> answer(
                                exchange, null, request -> handler.handle(request, new ByteArrayInputStream(body))));
                return;
            }
            uploads.acquire(exchange);
            ServerRequest request = new ServerRequest(exchange, null, context);
            Requests.then(
                    exchange, () -> answer(request, handler, exchange), response -> send(exchange, response, request));
        });
    }

    private static boolean isLarge(HttpServerExchange exchange) {
        long length = exchange.getRequestContentLength();
        return !exchange.isRequestComplete() && (length < 0 || length > ServerRequest.MAX_BODY_BYTES);
    }

    /** Calls the handler; completes when the whole body has arrived or its client is disconnected. */
    private CompletionStage<Response> answer(ServerRequest request, BodyHandler handler, HttpServerExchange exchange) {
        StreamedBody body =
                StreamedBody.receive(exchange, context.config().http.site().uploadMaxBytes());
        CompletionStage<Response> answer;
        try {
            answer = call(request, () -> handler.handle(request, body.stream()));
        } catch (CarillonException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        CompletionStage<Response> called = answer;
        return called.handle((response, e) -> body.finish())
                .thenCompose(Function.identity())
                .thenCompose(x -> called);
    }

    void notFound(String prefix, RequestHandler handler) {
        if (notFound.isEmpty()) {
            HttpHandler others = routes.getFallbackHandler();
            routes.setFallbackHandler(
                    exchange -> notFoundHandler(exchange).orElse(others).handleRequest(exchange));
        }
        notFound.put(prefix, exchange -> answer(exchange, new byte[0], handler));
    }

    private Optional<HttpHandler> notFoundHandler(HttpServerExchange exchange) {
        String accept = exchange.getRequestHeaders().getFirst(Headers.ACCEPT);
        boolean reads = exchange.getRequestMethod().equals(Methods.GET) || Requests.isHead(exchange);
        String path = exchange.getRequestPath();
        return reads && accept != null && accept.contains("text/html")
                ? notFound.entrySet().stream()
                        .filter(entry -> path.equals(entry.getKey()) || path.startsWith(entry.getKey() + "/"))
                        .max(Comparator.comparingInt(entry -> entry.getKey().length()))
                        .map(Map.Entry::getValue)
                : Optional.empty();
    }

    void stream(String path, StreamHandler handler) {
        streams.add(path, true);
        routes.get(path, exchange -> {
            if (!events.accepts()) {
                events.refuse(exchange);
                return;
            }
            ServerRequest request = request(exchange, new byte[0]);
            Requests.then(
                    exchange,
                    () -> call(request, () -> handler.open(request))
                            .thenApply(Optional::of)
                            .exceptionallyCompose(ExtensionRoutes::emptyIfTemporary),
                    opening -> opening.ifPresentOrElse(
                            accepted -> open(exchange, accepted, request.sessionIfUsed()),
                            () -> events.refuse(exchange)));
        });
    }

    /** Whether the answer to a request for this path is a stream. */
    boolean isStream(String path) {
        return streams.match(path) != null;
    }

    /** Empty for a temporary failure, which must not make an EventSource give up. */
    private static CompletionStage<Optional<StreamOpening>> emptyIfTemporary(Throwable e) {
        Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
        return cause instanceof CarillonException known && TEMPORARY.contains(known.code())
                ? CompletableFuture.completedFuture(Optional.empty())
                : CompletableFuture.failedFuture(e);
    }

    private ServerRequest request(HttpServerExchange exchange, byte @Nullable [] body) {
        return new ServerRequest(exchange, body, context);
    }

    private void open(HttpServerExchange exchange, StreamOpening opening, Sessions.@Nullable Session session) {
        Requests.authorized(
                exchange,
                context.authorizer(),
                context.origins(),
                grants -> events.open(
                        exchange,
                        grants,
                        ContextStreams.Selection.of(exchange, opening.scopes(), opening.tabOnly(), session),
                        new Callbacks(opening)));
    }

    /** Calls the application, {@code opened} before {@code closed}, one call at a time. */
    private final class Callbacks implements StreamListener {
        /** Null: already called. It is dropped because it must not keep its referents as long as the stream. */
        private @Nullable Consumer<ClientStream> opening;

        private final BiConsumer<ClientStream, CloseReason> closing;
        private @Nullable Stream stream;
        private CompletableFuture<Void> lastCall = CompletableFuture.completedFuture(null);

        Callbacks(StreamOpening opening) {
            this.opening = opening.opened();
            this.closing = opening.closed();
        }

        @Override
        public void opened(OpenConnection connection, String context) {
            Stream open = new Stream(connection, context, threads);
            stream = open;
            Consumer<ClientStream> action = opening;
            opening = null;
            if (action != null) {
                // While the client still receives what it missed, events of this node alone would pass it by.
                lastCall = connection.ready().<Void>handle((x, e) -> null).toCompletableFuture();
                lastCall = afterLastCall(() -> action.accept(open));
            }
        }

        @Override
        public void closed(CloseReason reason) {
            Stream open = stream;
            if (open != null) {
                lastCall = afterLastCall(() -> closing.accept(open, reason));
            }
        }

        private CompletableFuture<Void> afterLastCall(Runnable call) {
            return lastCall.handleAsync(
                    (x, e) -> {
                        runLogged(call);
                        return null;
                    },
                    threads);
        }
    }

    private static void runLogged(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            LOGGER.error("a stream callback of an extension failed", e);
        }
    }

    private <T> CompletionStage<T> call(ServerRequest request, Callable<T> action) {
        if (stopping.getAsBoolean()) {
            throw new CarillonException(ErrorCode.DRAINING, "the node is stopping");
        }
        if (!calls.tryAcquire()) {
            throw new CarillonException(ErrorCode.OVERLOADED, "too many requests to extensions are in progress");
        }
        CompletableFuture<T> done = new CompletableFuture<>();
        try {
            threads.execute(() -> run(request, action, done));
        } catch (RuntimeException e) {
            calls.release();
            throw e;
        }
        return done;
    }

    private <T> void run(ServerRequest request, Callable<T> action, CompletableFuture<T> done) {
        try {
            CallSpans spans = context.services().calls;
            T result = spans == null ? action.call() : spans.request(request.traceparent(), request.method(), action);
            calls.release();
            request.end();
            done.complete(result);
        } catch (Throwable e) {
            // An Error too, because the client needs an answer.
            calls.release();
            request.end();
            done.completeExceptionally(e);
        }
    }

    private void send(HttpServerExchange exchange, Response response, ServerRequest request) {
        HeaderMap headers = exchange.getResponseHeaders();
        exchange.setStatusCode(response.status());
        response.headers().forEach((name, value) -> {
            // Keeps the values that the server itself has set.
            if (name.equalsIgnoreCase("Vary") || name.equalsIgnoreCase("Set-Cookie")) {
                headers.add(new HttpString(name), value);
            } else {
                headers.put(new HttpString(name), value);
            }
        });
        BrowserSession session = response.session();
        String sessionCookie = session == null ? request.setCookie() : session.setCookie();
        if (sessionCookie != null) {
            headers.add(Headers.SET_COOKIE, sessionCookie);
        }
        response.cookies().forEach(cookie -> headers.add(Headers.SET_COOKIE, setCookie(cookie)));
        if (response.status() == StatusCodes.NO_CONTENT || response.status() == StatusCodes.NOT_MODIFIED) {
            exchange.endExchange();
        } else {
            exchange.getResponseSender().send(response.content());
        }
    }

    private String setCookie(Cookie cookie) {
        HttpConfig http = context.config().http;
        SiteConfig site = http.site();
        Duration maxAge = cookie.maxAge();
        return site.cookieName(cookie.name(), http.secureCookie()) + "=" + cookie.encodedValue()
                + "; Path=" + site.cookiePath()
                + (maxAge == null ? "" : "; Max-Age=" + maxAge.toSeconds())
                + (cookie.scripts() ? "" : "; HttpOnly")
                + site.cookieSite(cookie.sameSite(), http.secureCookie());
    }

    /** Completes its results on virtual threads, where dependent actions may block. */
    private record Stream(OpenConnection connection, String context, Executor threads) implements ClientStream {
        @Override
        public Grants grants() {
            return connection.grants();
        }

        @Override
        public CompletionStage<Void> subscribe(Collection<Scope> scopes, @Nullable String lastEventId) {
            return onVirtualThread(connection.subscribe(
                    interests(scopes), lastEventId == null ? null : new StartPoint.LastEvent(lastEventId)));
        }

        @Override
        public CompletionStage<Void> unsubscribe(Scope... scopes) {
            return onVirtualThread(connection.unsubscribe(interests(Arrays.asList(scopes))));
        }

        private CompletionStage<Void> onVirtualThread(CompletionStage<Void> answer) {
            return answer.whenCompleteAsync((x, e) -> {}, threads);
        }

        private List<Interest> interests(Collection<Scope> scopes) {
            return scopes.stream()
                    .map(scope -> Interest.in(connection.grants().tenant(), scope))
                    .toList();
        }

        @Override
        public CompletionStage<Void> renew(Grants grants) {
            return onVirtualThread(connection.renew(grants));
        }

        @Override
        public void close(CloseReason reason) {
            connection.close(reason);
        }
    }
}
