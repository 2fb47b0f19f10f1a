package dev.carillon.stream;

import dev.carillon.base.CloseReason;
import dev.carillon.delivery.ClientListener;
import dev.carillon.delivery.OpenConnection;
import dev.carillon.format.WireFormat;
import dev.carillon.format.WireFormats;
import dev.carillon.http.Origins;
import dev.carillon.transport.StreamHead;
import dev.carillon.transport.WebSocketReader;
import dev.carillon.transport.WebSockets;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code GET /ws}, with the parameters of {@code /events}: the same events over a WebSocket. The server reads no messages yet. */
public final class WebSocketHandler implements HttpHandler {
    private final ContextStreams streams;
    private final Origins origins;

    public WebSocketHandler(ContextStreams streams, Origins origins) {
        this.streams = streams;
        this.origins = origins;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        streams.open(exchange, new ContextStreams.Protocol() {
            @Override
            public StreamHead head(@Nullable String setCookie) {
                return WebSockets.accept(exchange, origins, origins.headers(exchange), setCookie);
            }

            @Override
            public WireFormat format() {
                return WireFormats.WEBSOCKET;
            }

            @Override
            public ClientListener listener(Consumer<CloseReason> onClosed) {
                WebSocketReader reader = new WebSocketReader();
                return new ClientListener() {
                    @Override
                    public void received(ByteBuffer bytes, OpenConnection connection) {
                        reader.read(bytes, connection);
                    }

                    @Override
                    public void closed(CloseReason reason) {
                        onClosed.accept(reason);
                    }
                };
            }
        });
    }
}
