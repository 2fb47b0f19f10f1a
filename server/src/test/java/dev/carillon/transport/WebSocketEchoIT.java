package dev.carillon.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.Patience;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The echo program that conformance suites are pointed at. */
class WebSocketEchoIT {
    private static final class Client implements WebSocket.Listener {
        final BlockingQueue<Object> received = new LinkedBlockingQueue<>();
        private final StringBuilder text = new StringBuilder();
        private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                received.add(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer part, boolean last) {
            byte[] bytes = new byte[part.remaining()];
            part.get(bytes);
            binary.writeBytes(bytes);
            if (last) {
                received.add(ByteBuffer.wrap(binary.toByteArray()));
                binary.reset();
            }
            socket.request(1);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            received.add(code);
            return CompletableFuture.completedFuture(null);
        }

        Object next() throws InterruptedException {
            return received.poll(Patience.LIMIT_SECONDS, TimeUnit.SECONDS);
        }
    }

    @Test
    void text_and_binary_of_any_size_come_back() throws Exception {
        try (WebSocketEcho echo = new WebSocketEcho(0);
                HttpClient http = HttpClient.newHttpClient()) {
            Client client = new Client();
            WebSocket socket = http.newWebSocketBuilder()
                    .buildAsync(URI.create("ws://127.0.0.1:" + echo.port()), client)
                    .get(Patience.LIMIT_SECONDS, TimeUnit.SECONDS);
            for (int size : new int[] {0, 1, 125, 126, 65_535, 65_536, 5_000_000}) {
                byte[] bytes = new byte[size];
                new Random(size).nextBytes(bytes);
                socket.sendBinary(ByteBuffer.wrap(bytes), true).join();
                assertThat(client.next()).isEqualTo(ByteBuffer.wrap(bytes));
                String text = "ß".repeat(size);
                socket.sendText(text.substring(0, size / 2), false).join();
                socket.sendText(text.substring(size / 2), true).join();
                assertThat(client.next()).isEqualTo(text);
            }
            socket.sendClose(4_321, "enough").join();
            assertThat(client.next()).isEqualTo(4_321);
        }
    }
}
