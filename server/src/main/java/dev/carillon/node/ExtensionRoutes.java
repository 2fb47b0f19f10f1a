package dev.carillon.node;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Interest;
import dev.carillon.delivery.OpenConnection;
import dev.carillon.extension.ClientStream;
import dev.carillon.extension.RequestHandler;
import dev.carillon.extension.Response;
import dev.carillon.extension.StreamHandler;
import dev.carillon.extension.StreamOpening;
import dev.carillon.history.StartPoint;
import dev.carillon.http.Origins;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import dev.carillon.scope.Scope;
import dev.carillon.stream.ContextStreams;
import dev.carillon.stream.EventsHandler;
import dev.carillon.stream.StreamLife;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.PathTemplateMatcher;
import io.undertow.util.StatusCodes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the handlers of extensions: each call on a virtual thread of its own. At most {@value #MAX_CALLS} run at a time; one more is refused with
 * {@code overloaded}.
 */
final class ExtensionRoutes implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ExtensionRoutes.class);
    private static final Set<ErrorCode> FOR_A_TIME = EnumSet.of(
            ErrorCode.OVERLOADED, ErrorCode.DRAINING, ErrorCode.BROKER_UNAVAILABLE, ErrorCode.KEYS_UNAVAILABLE);
    private static final int MAX_CALLS = 2_000;

    private final RoutingHandler routes;
    private final Authorizer authorizer;
    private final Origins origins;
    private final Sessions sessions;
    private final EventsHandler events;
    private final Executor threads;
    private volatile boolean closed;
    private final PathTemplateMatcher<Boolean> streams = new PathTemplateMatcher<>();
    private final Semaphore calls = new Semaphore(MAX_CALLS);

    ExtensionRoutes(
            RoutingHandler routes,
            Authorizer authorizer,
            Origins origins,
            Sessions sessions,
            EventsHandler events,
            Executor threads) {
        this.threads = threads;
        this.routes = routes;
        this.authorizer = authorizer;
        this.origins = origins;
        this.sessions = sessions;
        this.events = events;
    }

    void route(String method, String path, RequestHandler handler) {
        HttpHandler calling = exchange -> Requests.body(exchange, ServerRequest.MAX_BODY_BYTES, body -> {
            ServerRequest request = request(exchange, body);
            Requests.then(
                    exchange,
                    () -> call(request, () -> handler.handle(request)),
                    response -> send(exchange, response, request.setCookie()));
        });
        routes.add(new HttpString(method), path, calling);
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
                            .exceptionallyCompose(ExtensionRoutes::unlessForATime),
                    opening -> opening.ifPresentOrElse(
                            known -> open(exchange, known, request.sessionIfAsked()), () -> events.refuse(exchange)));
        });
    }

    /** Whether the path of a request is that of a stream. */
    boolean isStream(String path) {
        return streams.match(path) != null;
    }

    /** Empty for a failure that ends: an EventSource must not give up for it. */
    private static CompletionStage<Optional<StreamOpening>> unlessForATime(Throwable e) {
        Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
        return cause instanceof CarillonException known && FOR_A_TIME.contains(known.code())
                ? CompletableFuture.completedFuture(Optional.empty())
                : CompletableFuture.failedFuture(e);
    }

    private ServerRequest request(HttpServerExchange exchange, byte[] body) {
        return new ServerRequest(exchange, body, authorizer, origins, sessions);
    }

    private void open(HttpServerExchange exchange, StreamOpening opening, Sessions.@Nullable Session session) {
        Requests.authorized(
                exchange,
                authorizer,
                origins,
                grants -> events.open(
                        exchange,
                        grants,
                        ContextStreams.Asked.of(exchange, opening.scopes(), grants, session),
                        new Life(opening)));
    }

    /** Calls the application: {@code opened} before {@code closed}, one after the other. */
    private final class Life implements StreamLife {
        /** Null: it was told; what it refers to must not live as long as the stream. */
        private @Nullable Consumer<ClientStream> opening;

        private final BiConsumer<ClientStream, CloseReason> closing;
        private @Nullable Stream stream;
        private CompletableFuture<Void> told = CompletableFuture.completedFuture(null);

        Life(StreamOpening opening) {
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
                told = later(() -> action.accept(open));
            }
        }

        @Override
        public void closed(CloseReason reason) {
            Stream open = stream;
            if (open != null) {
                told = later(() -> closing.accept(open, reason));
            }
        }

        private CompletableFuture<Void> later(Runnable call) {
            return told.handleAsync(
                    (x, e) -> {
                        guarded(call);
                        return null;
                    },
                    threads);
        }
    }

    private static void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            LOGGER.error("a stream of an extension failed", e);
        }
    }

    private <T> CompletionStage<T> call(ServerRequest request, Callable<T> action) {
        if (closed) {
            throw new CarillonException(ErrorCode.DRAINING, "the node stops");
        }
        if (!calls.tryAcquire()) {
            throw new CarillonException(ErrorCode.OVERLOADED, "too many requests of the application are under way");
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
            T result = action.call();
            calls.release();
            request.end();
            done.complete(result);
        } catch (Throwable e) {
            // Also an Error: the client must be answered.
            calls.release();
            request.end();
            done.completeExceptionally(e);
        }
    }

    private static void send(HttpServerExchange exchange, Response response, @Nullable String setCookie) {
        HeaderMap headers = exchange.getResponseHeaders();
        exchange.setStatusCode(response.status());
        response.headers().forEach((name, value) -> {
            // What the server says itself of caches and cookies stays.
            if (name.equalsIgnoreCase("Vary") || name.equalsIgnoreCase("Set-Cookie")) {
                headers.add(new HttpString(name), value);
            } else {
                headers.put(new HttpString(name), value);
            }
        });
        if (setCookie != null) {
            headers.add(Headers.SET_COOKIE, setCookie);
        }
        if (response.status() == StatusCodes.NO_CONTENT || response.status() == StatusCodes.NOT_MODIFIED) {
            exchange.endExchange();
        } else {
            exchange.getResponseSender().send(ByteBuffer.wrap(response.body()));
        }
    }

    @Override
    public void close() {
        closed = true;
    }

    /** What depends on its answers runs where it may block. */
    private record Stream(OpenConnection connection, String context, Executor threads) implements ClientStream {
        @Override
        public Grants grants() {
            return connection.grants();
        }

        @Override
        public CompletionStage<Void> subscribe(Collection<Scope> scopes, @Nullable String lastEventId) {
            return apart(connection.subscribe(
                    interests(scopes), lastEventId == null ? null : new StartPoint.LastEvent(lastEventId)));
        }

        @Override
        public CompletionStage<Void> unsubscribe(Scope... scopes) {
            return apart(connection.unsubscribe(interests(Arrays.asList(scopes))));
        }

        private CompletionStage<Void> apart(CompletionStage<Void> answer) {
            return answer.whenCompleteAsync((x, e) -> {}, threads);
        }

        private List<Interest> interests(Collection<Scope> scopes) {
            return scopes.stream()
                    .map(scope -> Interest.in(connection.grants().tenant(), scope))
                    .toList();
        }

        @Override
        public CompletionStage<Void> renew(Grants grants) {
            return apart(connection.renew(grants));
        }

        @Override
        public void close(CloseReason reason) {
            connection.close(reason);
        }
    }
}
