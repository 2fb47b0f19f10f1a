package dev.carillon.cli;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The client of the JDK. */
final class JdkWebSocket implements WebSocketClient {
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Report> reports = new ArrayList<>();
    private final StringBuilder complaints = new StringBuilder();
    private @Nullable WebSocket socket;

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public void onOpen(WebSocket opened) {
            report(new Report.Opened(Objects.requireNonNullElse(opened.getSubprotocol(), ""), ""));
            opened.request(1);
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                report(new Report.Message(text.toString()));
                text.setLength(0);
            }
            from.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onPong(WebSocket from, ByteBuffer message) {
            report(new Report.Pong());
            from.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            report(new Report.Closed(code, reason));
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            synchronized (JdkWebSocket.this) {
                complaints.append(error).append('\n');
                reports.add(new Report.Closed(1006, ""));
            }
        }
    }

    private synchronized void report(Report report) {
        reports.add(report);
    }

    @Override
    public void connect(Opening opening) {
        WebSocket.Builder builder = http.newWebSocketBuilder();
        opening.headers(header -> builder.header(header.getKey(), header.getValue()));
        List<String> protocols = opening.protocols();
        if (!protocols.isEmpty()) {
            builder.subprotocols(
                    protocols.getFirst(), protocols.subList(1, protocols.size()).toArray(String[]::new));
        }
        socket = builder.buildAsync(URI.create(opening.url()), new Listener()).join();
    }

    private WebSocket socket() {
        return Objects.requireNonNull(socket);
    }

    @Override
    public void send(String text) {
        socket().sendText(text, true).join();
    }

    @Override
    public void ping() {
        socket().sendPing(ByteBuffer.allocate(0)).join();
    }

    @Override
    public void leave() {
        socket().sendClose(WebSocket.NORMAL_CLOSURE, "").join();
    }

    @Override
    public synchronized List<Report> reports() {
        return List.copyOf(reports);
    }

    @Override
    public synchronized String complaints() {
        return complaints.toString();
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
