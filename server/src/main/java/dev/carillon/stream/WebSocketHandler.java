package dev.carillon.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.context.Attachment;
import dev.carillon.delivery.ClientListener;
import dev.carillon.delivery.OpenConnection;
import dev.carillon.format.WireFormat;
import dev.carillon.format.WireFormats;
import dev.carillon.http.Origins;
import dev.carillon.http.Problem;
import dev.carillon.http.RequestMemory;
import dev.carillon.http.RequestRate;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import dev.carillon.transport.StreamHead;
import dev.carillon.transport.WebSocketHandshake;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /ws}, with the parameters of {@code /events}: events and messages in both directions over a WebSocket. The token may be in the request
 * (as for {@code /events}, or as a subprotocol), or in the first message.
 */
final class WebSocketHandler implements HttpHandler {
    private final WebSocketService service;
    private final Sessions sessions;
    private final Origins origins;
    private final boolean compression;

    /** @param compression whether messages may be compressed */
    WebSocketHandler(WebSocketService service, Sessions sessions, Origins origins, boolean compression) {
        this.service = service;
        this.sessions = sessions;
        this.origins = origins;
        this.compression = compression;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        ContextStreams.PARAMETERS.check(exchange);
        WebSocketHandshake handshake = WebSocketHandshake.of(exchange, origins, compression);
        ContextStreams.Selection selection = ContextStreams.selection(exchange);
        String token = token(exchange, handshake);
        Requests.then(exchange, () -> authorize(token, selection), grants -> {
            if (grants.isPresent()) {
                boolean anonymous = token == null;
                open(exchange, new Protocol(exchange, handshake, selection, anonymous), grants.get(), selection);
            } else {
                openUnauthenticated(exchange, selection, new Protocol(exchange, handshake, selection));
            }
        });
    }

    private @Nullable String token(HttpServerExchange exchange, WebSocketHandshake handshake) {
        Requests.Token token = Requests.token(exchange);
        if (handshake.token() != null && (token.text() == null || token.byCookie())) {
            return handshake.token();
        }
        // The handshake has checked the origin, if there is one.
        if (token.byCookie() && !exchange.getRequestHeaders().contains(Headers.ORIGIN)) {
            throw new CarillonException(
                    ErrorCode.ORIGIN_REFUSED,
                    "a token in a cookie is accepted only from pages of this site and of the origins in --cors-origins: the request has no Origin");
        }
        return token.text();
    }

    /** Empty: the client must send a token as its first message. */
    private CompletionStage<Optional<Grants>> authorize(@Nullable String token, ContextStreams.Selection selection) {
        return service.authorizer()
                .authorize(token)
                .thenCompose(grants -> ContextStreams.decided(grants, selection))
                .thenApply(Optional::of)
                .exceptionallyCompose(e -> token == null
                                && service.config().maxUnauthenticated() > 0
                                && Problem.cause(e) instanceof CarillonException refused
                                && refused.code() == ErrorCode.TOKEN_MISSING
                        ? CompletableFuture.completedFuture(Optional.empty())
                        : CompletableFuture.failedFuture(e));
    }

    private void open(
            HttpServerExchange exchange, Protocol protocol, Grants grants, ContextStreams.Selection selection) {
        service.streams().open(exchange, grants, selection, protocol);
    }

    private void openUnauthenticated(
            HttpServerExchange exchange, ContextStreams.Selection selection, Protocol protocol) {
        if (!service.streams().accepts()) {
            service.streams().refuse(exchange, protocol);
            return;
        }
        if (service.unauthenticated().incrementAndGet() > service.config().maxUnauthenticated()) {
            service.unauthenticated().decrementAndGet();
            throw new CarillonException(
                    ErrorCode.OVERLOADED, "too many connections of this node have not sent a token yet");
        }
        WebSocketSession session = protocol.session;
        service.streams()
                .openUnauthenticated(exchange, selection, protocol, session, open -> session.opened(open, null));
    }

    private final class Protocol implements ContextStreams.Protocol {
        private final HttpServerExchange exchange;
        private final WebSocketHandshake handshake;
        private final WebSocketSession session;

        /** For a client that is authenticated, or needs no token. */
        Protocol(
                HttpServerExchange exchange,
                WebSocketHandshake handshake,
                ContextStreams.Selection selection,
                boolean anonymous) {
            this(exchange, handshake, anonymous ? deferred(exchange, selection) : null, false);
        }

        /** For a client that must send a token. */
        Protocol(HttpServerExchange exchange, WebSocketHandshake handshake, ContextStreams.Selection selection) {
            this(exchange, handshake, deferred(exchange, selection), true);
        }

        private Protocol(
                HttpServerExchange exchange,
                WebSocketHandshake handshake,
                WebSocketSession.@Nullable DeferredAuthentication deferred,
                boolean unauthenticated) {
            this.exchange = exchange;
            this.handshake = handshake;
            this.session = new WebSocketSession(
                    service,
                    handshake.deflate() != null,
                    RequestRate.of(exchange),
                    RequestMemory.of(exchange).address(),
                    deferred,
                    unauthenticated);
        }

        @Override
        public StreamHead head(@Nullable String setCookie) {
            return handshake.head(origins.headers(exchange), setCookie);
        }

        @Override
        public WireFormat format() {
            return handshake.deflate() == null ? WireFormats.WEBSOCKET : WireFormats.WEBSOCKET_DEFLATE;
        }

        @Override
        public String opening(ObjectNode data) {
            return WebSocketSession.connected(data).toString();
        }

        @Override
        public void opened(OpenConnection connection, Attachment attachment) {
            session.opened(connection, attachment);
        }

        /** The result lives as long as the connection, so it must not refer to the request. */
        @Override
        public ClientListener listener(Consumer<CloseReason> onClosed, String handle, @Nullable String label) {
            session.client(handle, label);
            return new SessionListener(session, onClosed);
        }
    }

    private WebSocketSession.DeferredAuthentication deferred(
            HttpServerExchange exchange, ContextStreams.Selection selection) {
        return new WebSocketSession.DeferredAuthentication(selection, sessions.forDeferredUser(exchange));
    }

    /** Ends the context that was opened before the session knows it, should the connection fail to open. */
    private record SessionListener(WebSocketSession socket, Consumer<CloseReason> onClosed) implements ClientListener {
        @Override
        public void received(ByteBuffer bytes, OpenConnection connection) {
            socket.received(bytes, connection);
        }

        @Override
        public void tick(OpenConnection connection) {
            socket.tick(connection);
        }

        @Override
        public String transport() {
            return socket.transport();
        }

        @Override
        public @Nullable String session() {
            return socket.session();
        }

        @Override
        public @Nullable String label() {
            return socket.label();
        }

        @Override
        public void closed(CloseReason reason) {
            onClosed.accept(reason);
            socket.closed(reason);
        }
    }
}
