package dev.carillon.node;

import static dev.carillon.node.TestCluster.broadcast;
import static dev.carillon.node.TestCluster.metric;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code /ws}, with the WebSocket client of the JDK, and with plain sockets for invalid input. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebSocketIT {
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private TestCluster cluster;

    /** Callbacks of the client of the JDK. */
    private static final class Client implements WebSocket.Listener {
        final List<JsonNode> received = new CopyOnWriteArrayList<>();
        final CompletableFuture<Integer> closed = new CompletableFuture<>();
        final CompletableFuture<String> pong = new CompletableFuture<>();
        private final StringBuilder text = new StringBuilder();

        @Override
        public synchronized CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                try {
                    received.add(new ObjectMapper().readTree(text.toString()));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
                text.setLength(0);
            }
            socket.request(1);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
            pong.complete(StandardCharsets.UTF_8.decode(message).toString());
            socket.request(1);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            closed.complete(code);
            return CompletableFuture.completedFuture(null);
        }

        List<String> data() {
            return received.stream()
                    .filter(e -> e.path("type").asText().equals("event"))
                    .map(e -> e.path("data").asText())
                    .toList();
        }

        void awaitData(int count) {
            await().until(() -> data().size() >= count);
        }
    }

    @BeforeAll
    void start() {
        cluster = new TestCluster("memory://ws", 2, Map.of("cors-origins", "https://app.example", "heartbeat", "1s"));
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    private WebSocket open(Node node, String query, Client client) {
        WebSocket socket = HTTP.newWebSocketBuilder()
                .buildAsync(URI.create("ws://127.0.0.1:" + node.port() + "/ws?" + query), client)
                .orTimeout(Patience.LIMIT_SECONDS, TimeUnit.SECONDS)
                .join();
        await().until(() -> !client.received.isEmpty());
        return socket;
    }

    @Test
    void events_of_all_nodes_arrive_once_and_in_order_whatever_their_size() throws IOException {
        Client client = new Client();
        WebSocket socket = open(cluster.node(0), "topic=a&route=/r", client);
        await().until(() -> client.received.size() >= 3);
        assertThat(client.received)
                .extracting(message -> message.path("type").asText())
                .containsExactly("hello", "retry", "open");
        assertThat(client.received.get(2).path("context").asText()).isNotEmpty();

        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String data = i + "x".repeat(i % 10 == 0 ? i * 5_000 : 0);
            expected.add(data);
            broadcast(
                    cluster.node(i % 2),
                    "{\"scope\":\"" + (i % 2 == 0 ? "topic:a" : "route:/r") + "\",\"type\":\"t\",\"data\":\"" + data
                            + "\"}");
        }
        client.awaitData(40);

        assertThat(client.data()).isEqualTo(expected);
        JsonNode last = client.received.getLast();
        assertThat(last.path("event").asText()).isEqualTo("t");
        Client again = new Client();
        WebSocket resumed = open(
                cluster.node(1),
                "topic=a&route=/r&lastEventID="
                        + client.received
                                .get(client.received.size() - 5)
                                .path("id")
                                .asText(),
                again);
        again.awaitData(4);
        assertThat(again.data()).isEqualTo(expected.subList(36, 40));
        resumed.abort();
        socket.abort();
    }

    @Test
    void ping_is_answered_and_a_close_too_and_then_nothing_of_it_is_left() throws Exception {
        double before = metric(cluster.node(0), "carillon_connections_open");
        Client client = new Client();
        WebSocket socket = open(cluster.node(0), "topic=ping", client);
        socket.sendPing(ByteBuffer.wrap("are you there?".getBytes(StandardCharsets.UTF_8)))
                .join();
        assertThat(client.pong.get(Patience.LIMIT_SECONDS, TimeUnit.SECONDS)).isEqualTo("are you there?");
        broadcast(cluster.node(0), "{\"scope\":\"topic:ping\",\"data\":\"still open\"}");
        client.awaitData(1);

        socket.sendClose(WebSocket.NORMAL_CLOSURE, "done").join();

        assertThat(client.closed.get(Patience.LIMIT_SECONDS, TimeUnit.SECONDS)).isEqualTo(WebSocket.NORMAL_CLOSURE);
        await().until(() -> metric(cluster.node(0), "carillon_connections_open") <= before);
    }

    @Test
    void stopping_node_sends_a_reconnect_delay_and_closes() throws Exception {
        Client client = new Client();
        try (TestCluster one = new TestCluster("memory://ws-leaves", 1, Map.of())) {
            open(one.node(0), "topic=a", client);
        }

        assertThat(client.closed.get(Patience.LIMIT_SECONDS, TimeUnit.SECONDS)).isEqualTo(1012);
        JsonNode last = client.received.getLast();
        assertThat(last.path("type").asText()).isEqualTo("retry");
        assertThat(last.path("delay").asInt()).isBetween(0, 3_000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Upgrade: websocket;Connection: keep-alive|400 Bad Request|Upgrade",
                "Connection: Upgrade|400 Bad Request|Upgrade",
                "Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 8;Sec-WebSocket-Key: " + KEY
                        + "|400 Bad Request|Sec-WebSocket-Version",
                "Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 13|400 Bad Request|Sec-WebSocket-Key",
                "Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 13;Sec-WebSocket-Key: c2hvcnQ="
                        + "|400 Bad Request|Sec-WebSocket-Key",
                "Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 13;Sec-WebSocket-Key: " + KEY
                        + ";Origin: https://evil.example|403 Forbidden|origin-refused",
                "Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 13;Sec-WebSocket-Key: " + KEY
                        + ";Origin: https://app.example|101 Switching Protocols|s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            })
    void handshake_is_checked(String headers, String status, String says) throws IOException {
        try (Socket socket = connect(headers.split(";", -1))) {
            String answer = new String(socket.getInputStream().readNBytes(40), StandardCharsets.ISO_8859_1);
            assertThat(answer).startsWith("HTTP/1.1 " + status);
            byte[] more = new byte[4_096];
            StringBuilder rest = new StringBuilder(answer);
            while (!rest.toString().contains(says)) {
                int n = socket.getInputStream().read(more);
                assertThat(n).as(rest.toString()).isPositive();
                rest.append(new String(more, 0, n, StandardCharsets.ISO_8859_1));
            }
        }
    }

    private Socket connect(String... headers) throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), cluster.node(0).port());
        socket.setSoTimeout(Patience.LIMIT_MILLIS);
        socket.getOutputStream()
                .write(("GET /ws?topic=a HTTP/1.1\r\nHost: localhost\r\n" + String.join("\r\n", headers) + "\r\n\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }
}
