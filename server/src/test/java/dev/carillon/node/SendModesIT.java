package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.socket.SendMode;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The same events by each way of sending, to clients that keep up, compressed or not, lag, leave, and come meanwhile. */
@ParameterizedClass
@EnumSource(SendMode.class)
class SendModesIT {
    private static final int EVENTS = 200;
    private static final int CLIENTS = 40;
    private static final String TARGET = "/events?topic=t";
    private static final String FILLING = "x".repeat(40_000);
    private static final Pattern DATA = Pattern.compile("data: (\\d+) x");

    private final SendMode mode;

    SendModesIT(SendMode mode) {
        this.mode = mode;
    }

    @Test
    void each_client_has_every_event_once_and_in_order() throws IOException {
        String broker = "memory://sends-" + mode;
        try (TestCluster cluster = new TestCluster(
                        broker,
                        1,
                        Map.of("send-mode", mode.word(), "io-threads", "2", "outbox-max-bytes", "16000000"));
                Socket slow = new Socket()) {
            Node node = cluster.node(0);
            slow.setReceiveBufferSize(4_096);
            slow.setSoTimeout(Patience.LIMIT_MILLIS);
            slow.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port()));
            slow.getOutputStream()
                    .write(("GET " + TARGET + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            List<SseClient> staying = new ArrayList<>();
            List<SseClient> leaving = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Map<String, String> headers = i % 3 == 0 ? Map.of("Accept-Encoding", "gzip") : Map.of();
                (i % 4 == 0 ? leaving : staying)
                        .add(SseClient.open(node.port(), TARGET, headers).opened());
            }
            await().until(() -> TestCluster.metric(node, "carillon_connections_open") == CLIENTS + 1);

            List<SseClient> late = new ArrayList<>();
            for (int i = 0; i < EVENTS; i++) {
                TestCluster.broadcast(node, "{\"scope\":\"topic:t\",\"data\":\"" + i + " " + FILLING + "\"}");
                if (i % 20 == 10) {
                    leaving.removeLast().close();
                    late.add(SseClient.open(node.port(), TARGET).opened());
                }
            }

            staying.forEach(c -> c.await(EVENTS + 1));
            assertThat(staying).allSatisfy(c -> assertThat(numbers(c)).isEqualTo(upTo(0)));
            for (int i = 0; i < late.size(); i++) {
                int first = 20 * i + 11;
                late.get(i).await(EVENTS - first + 1);
                assertThat(numbers(late.get(i))).isEqualTo(upTo(first));
            }
            assertThat(TestCluster.metric(node, "carillon_outbox_bytes")).isPositive();
            assertThat(read(slow)).isEqualTo(upTo(0));
            await().until(() -> TestCluster.metric(node, "carillon_outbox_bytes") == 0);
            assertThat(leaving).isEmpty();
        }
    }

    private static List<Integer> numbers(SseClient client) {
        return client.data().stream()
                .map(data -> Integer.valueOf(data.substring(0, data.indexOf(' '))))
                .toList();
    }

    private static List<Integer> upTo(int first) {
        return IntStream.range(first, EVENTS).boxed().toList();
    }

    /** The numbers of all events, by a client that reads late. */
    private static List<Integer> read(Socket socket) throws IOException {
        // And the end of its chunk.
        String end = (EVENTS - 1) + " " + FILLING + "\n\n\r\n";
        StringBuilder text = new StringBuilder();
        byte[] part = new byte[64 * 1024];
        while (text.length() < end.length()
                || !text.substring(text.length() - end.length()).equals(end)) {
            int n = socket.getInputStream().read(part);
            if (n < 0) {
                break;
            }
            text.append(new String(part, 0, n, StandardCharsets.US_ASCII));
        }
        List<Integer> numbers = new ArrayList<>();
        for (Matcher matcher = DATA.matcher(text); matcher.find(); ) {
            numbers.add(Integer.valueOf(matcher.group(1)));
        }
        return numbers;
    }
}
