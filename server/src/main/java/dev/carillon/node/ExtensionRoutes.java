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
import dev.carillon.history.From;
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
import io.undertow.util.HttpString;
import io.undertow.util.StatusCodes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the handlers of extensions: each call on a virtual thread of its own. At most {@value #MAX_CALLS} run at a time; one more is refused with
 * {@code overloaded}.
 */
final class ExtensionRoutes implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ExtensionRoutes.class);
    private static final int MAX_CALLS = 2_000;

    private final RoutingHandler routes;
    private final Authorizer authorizer;
    private final Origins origins;
    private final Sessions sessions;
    private final EventsHandler events;
    private final Executor threads;
    private volatile boolean closed;
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
            Requests.then(exchange, () -> call(() -> handler.handle(request)), response -> {
                request.addCookie();
                send(exchange, response);
            });
        });
        routes.add(new HttpString(method), path, calling);
    }

    void stream(String path, StreamHandler handler) {
        routes.get(path, exchange -> {
            ServerRequest request = request(exchange, new byte[0]);
            Requests.then(exchange, () -> call(() -> handler.open(request)), opening -> open(exchange, opening));
        });
    }

    private ServerRequest request(HttpServerExchange exchange, byte[] body) {
        return new ServerRequest(exchange, body, authorizer, origins, sessions);
    }

    private void open(HttpServerExchange exchange, StreamOpening opening) {
        Requests.authorized(
                exchange,
                authorizer,
                origins,
                grants -> events.open(
                        exchange,
                        grants,
                        ContextStreams.Asked.of(exchange, opening.scopes(), grants),
                        new Life(opening)));
    }

    /** Calls the application, which is told of the opening before it is told of the end. */
    private final class Life implements StreamLife {
        private final StreamOpening opening;
        private @Nullable Stream stream;
        private CompletableFuture<Void> told = CompletableFuture.completedFuture(null);

        Life(StreamOpening opening) {
            this.opening = opening;
        }

        @Override
        public void opened(OpenConnection connection, String context) {
            Stream open = new Stream(connection, context);
            stream = open;
            told = later(() -> opening.opened().accept(open));
        }

        @Override
        public void closed(CloseReason reason) {
            Stream open = stream;
            if (open != null) {
                told = later(() -> opening.closed().accept(open, reason));
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

    private <T> CompletionStage<T> call(Callable<T> action) {
        if (closed) {
            throw new CarillonException(ErrorCode.DRAINING, "the node stops");
        }
        if (!calls.tryAcquire()) {
            throw new CarillonException(ErrorCode.OVERLOADED, "too many requests of the application are under way");
        }
        CompletableFuture<T> done = new CompletableFuture<>();
        threads.execute(() -> {
            try {
                done.complete(action.call());
            } catch (Exception e) {
                done.completeExceptionally(e);
            } finally {
                calls.release();
            }
        });
        return done;
    }

    private static void send(HttpServerExchange exchange, Response response) {
        exchange.setStatusCode(response.status());
        response.headers()
                .forEach((name, value) -> exchange.getResponseHeaders().put(new HttpString(name), value));
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

    private record Stream(OpenConnection connection, String context) implements ClientStream {
        @Override
        public Grants grants() {
            return connection.grants();
        }

        @Override
        public CompletionStage<Void> subscribe(Collection<Scope> scopes, @Nullable String lastEventId) {
            return connection.subscribe(
                    interests(scopes), lastEventId == null ? null : new From.LastEvent(lastEventId));
        }

        @Override
        public CompletionStage<Void> unsubscribe(Scope... scopes) {
            return connection.unsubscribe(interests(Arrays.asList(scopes)));
        }

        private List<Interest> interests(Collection<Scope> scopes) {
            return scopes.stream()
                    .map(scope -> Interest.in(connection.grants().tenant(), scope))
                    .toList();
        }

        @Override
        public CompletionStage<Void> renew(Grants grants) {
            return connection.renew(grants);
        }

        @Override
        public void close(CloseReason reason) {
            connection.close(reason);
        }
    }
}
