package dev.carillon.node;

import static dev.carillon.node.TestCluster.get;
import static dev.carillon.node.TestCluster.metric;
import static dev.carillon.node.TestCluster.post;
import static dev.carillon.node.TestCluster.token;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.ConfigException;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Requests above a limit of the node or of one address are refused with an answer, and accepted again later. */
class AdmissionIT {
    private static final String EVENT = "{\"scope\":\"global\",\"data\":\"x\"}";

    private static List<SseClient> open(Node node, int number, Map<String, String> headers) {
        List<SseClient> clients = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            clients.add(SseClient.open(node.port(), "/events?route=/a", headers).opened());
        }
        return clients;
    }

    private static boolean isTaken(Node node, Map<String, String> headers) {
        try (SseClient client = SseClient.open(node.port(), "/events?route=/a", headers)) {
            boolean accepted = client.accepted();
            if (!accepted) {
                assertThatIsRefused(client);
            }
            return accepted;
        }
    }

    private static void assertRefused(Node node, Map<String, String> headers) {
        try (SseClient client = SseClient.open(node.port(), "/events?route=/a", headers)) {
            assertThatIsRefused(client);
        }
    }

    /** Status 200, a delay and the end of the stream, after which a browser reconnects by itself. */
    private static void assertThatIsRefused(SseClient client) {
        await().until(client::hasEnded);
        assertThat(client.status()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(client.header("Content-Type")).isEqualTo("text/event-stream");
        assertThat(client.all()).isEmpty();
        assertThat(client.wasCutOff()).isTrue();
        assertThat(Integer.parseInt(String.valueOf(client.lastRetry()))).isBetween(3_000, 5_000);
    }

    private static void assertProblem(HttpResponse<String> response, int status, String code) {
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body()).contains("\"code\":\"" + code + "\"");
        assertThat(response.headers().firstValue("Retry-After")).hasValue("2");
    }

    @Test
    void full_node_refuses_temporarily_and_accepts_clients_when_others_have_left() {
        try (TestCluster cluster = new TestCluster("memory://full", 1, Map.of("max-connections", "3"))) {
            Node node = cluster.node(0);
            List<SseClient> clients = open(node, 3, Map.of());

            assertRefused(node, Map.of());
            assertProblem(post(node, token(), EVENT), 503, "overloaded");
            assertThat(get(node.port(), "/_health").statusCode()).isEqualTo(200);
            await().until(() -> metric(node, "carillon_requests_refused_total{reason=\"full\"}") == 2);
            assertThat(clients).noneMatch(SseClient::hasEnded);

            clients.forEach(SseClient::close);
            await().until(() -> metric(node, "carillon_requests_open") == 0);
            open(node, 3, Map.of()).forEach(SseClient::close);
        }
    }

    @Test
    void maximum_above_the_limit_of_descriptors_fails_the_start() {
        assertThatThrownBy(() ->
                        Node.start(TestCluster.config("n", "memory://too-many", Map.of("max-connections", "10000000"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("max-connections")
                .hasMessageContaining("file descriptors");
    }

    @Test
    void limit_per_address_uses_the_address_from_a_trusted_proxy() {
        try (TestCluster cluster = new TestCluster(
                "memory://streams-per-address",
                1,
                Map.of("streams-per-address", "2", "trusted-proxies", "127.0.0.0/8"))) {
            Node node = cluster.node(0);
            Map<String, String> hall = Map.of("X-Forwarded-For", "198.51.100.9, 203.0.113.7");
            List<SseClient> clients = open(node, 2, hall);

            assertRefused(node, hall);
            open(node, 1, Map.of("X-Forwarded-For", "203.0.113.8")).forEach(SseClient::close);

            clients.getFirst().close();
            await().until(() -> metric(node, "carillon_connections_open") == 1);
            await().until(() -> isTaken(node, hall));
            clients.getLast().close();
        }
    }

    @Test
    void proxy_that_names_no_client_or_one_that_cannot_be_read_counts_itself() {
        try (TestCluster cluster = new TestCluster(
                "memory://unnamed-clients", 1, Map.of("streams-per-address", "2", "trusted-proxies", "127.0.0.0/8"))) {
            Node node = cluster.node(0);
            List<SseClient> clients = open(node, 1, Map.of());
            clients.addAll(open(node, 1, Map.of("X-Forwarded-For", "1.cafe.de")));

            for (String unreadable : List.of("2.cafe.de", "dead.beef", "unknown", "0x7f.1", "fe80::1%1")) {
                assertRefused(node, Map.of("X-Forwarded-For", unreadable));
            }
            assertRefused(node, Map.of());
            assertThat(get(node.port(), "/_health").statusCode()).isEqualTo(200);
            open(node, 1, Map.of("X-Forwarded-For", "203.0.113.8")).forEach(SseClient::close);
            clients.forEach(SseClient::close);
        }
    }

    @Test
    void limit_per_address_counts_idle_connections() throws Exception {
        try (TestCluster cluster =
                new TestCluster("memory://connections-per-address", 1, Map.of("connections-per-address", "3"))) {
            Node node = cluster.node(0);
            List<Socket> sockets = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                sockets.add(new Socket(InetAddress.getLoopbackAddress(), node.port()));
            }
            List<SseClient> clients = open(node, 1, Map.of());

            try (Socket beyond = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
                beyond.setSoTimeout(Patience.LIMIT_MILLIS);
                assertThat(beyond.getInputStream().read()).isEqualTo(-1);
            }
            await().until(() -> metric(node, "carillon_requests_refused_total{reason=\"address-connections\"}") == 1);
            // Another address has connections of its own.
            try (Socket other = new Socket()) {
                other.bind(new InetSocketAddress("127.0.0.2", 0));
                other.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port()));
                assertThat(isAnswered(other)).isTrue();
            }
            for (Socket socket : sockets) {
                socket.close();
            }
            await().until(() -> isTaken(node, Map.of()));
            clients.forEach(SseClient::close);
        }
    }

    @Test
    void stream_is_one_connection_of_its_address_until_it_closes() throws Exception {
        try (TestCluster cluster =
                new TestCluster("memory://streams-are-connections", 1, Map.of("connections-per-address", "3"))) {
            Node node = cluster.node(0);
            List<SseClient> clients = open(node, 3, Map.of());
            try (Socket beyond = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
                assertThat(isAnswered(beyond)).isFalse();
            }

            clients.forEach(SseClient::close);

            List<Socket> next = new ArrayList<>();
            await().until(() -> {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port());
                if (isAnswered(socket)) {
                    next.add(socket);
                } else {
                    socket.close();
                }
                return next.size() == 3;
            });
            for (Socket socket : next) {
                socket.close();
            }
        }
    }

    /** False: it was closed at once. */
    private static boolean isAnswered(Socket socket) throws IOException {
        socket.setSoTimeout(Patience.LIMIT_MILLIS);
        try {
            socket.getOutputStream().write("GET /_health HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(US_ASCII));
            return new String(socket.getInputStream().readNBytes(12), US_ASCII).equals("HTTP/1.1 200");
        } catch (SocketException e) {
            return false;
        }
    }

    @Test
    void forwarded_address_from_an_untrusted_peer_is_ignored() {
        try (TestCluster cluster =
                new TestCluster("memory://untrusted-address", 1, Map.of("streams-per-address", "1"))) {
            Node node = cluster.node(0);
            List<SseClient> clients = open(node, 1, Map.of("X-Forwarded-For", "203.0.113.7"));

            assertRefused(node, Map.of("X-Forwarded-For", "203.0.113.8"));
            clients.forEach(SseClient::close);
        }
    }

    @Test
    void backend_that_publishes_with_a_good_token_is_not_counted_and_a_bad_token_is() {
        try (TestCluster cluster = new TestCluster("memory://good-token", 1, Map.of("requests-per-address", "1"))) {
            Node node = cluster.node(0);
            String broadcaster = token();
            String publisher = Hub.token(List.of("*"), List.of());
            String reader = token(List.of(), List.of("*"), b -> b);
            // The first request of each is counted; more than two at once the address has not.
            await().until(() -> post(node, reader, EVENT).statusCode() == 403);
            await().until(() -> post(node, broadcaster, EVENT).statusCode() == 200);
            await().until(() -> Hub.post(node, publisher, "topic", "a").statusCode() == 200);

            for (int i = 0; i < 20; i++) {
                assertThat(post(node, broadcaster, EVENT).statusCode()).isEqualTo(200);
                assertThat(Hub.post(node, publisher, "topic", "a").statusCode()).isEqualTo(200);
            }
            for (String other : List.of("bad.bad.bad", publisher, reader)) {
                await().until(() -> post(node, other, EVENT).statusCode() == 429);
            }
            await().until(() -> Hub.post(node, reader, "topic", "a").statusCode() == 429);
            await().until(() -> get(node.port(), "/nothing").statusCode() == 429);
            // Of an address that may begin no more.
            assertThat(post(node, broadcaster, EVENT).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void address_above_its_request_rate_is_asked_to_wait() {
        try (TestCluster cluster =
                new TestCluster("memory://requests-per-address", 1, Map.of("requests-per-address", "1"))) {
            Node node = cluster.node(0);
            // On a slow machine another one may be due before the third.
            HttpResponse<String> refused =
                    await().until(() -> get(node.port(), "/nothing"), response -> response.statusCode() != 404);
            assertProblem(refused, 429, "too-many-requests");
            await().until(() -> !isTaken(node, Map.of()));

            assertThat(get(node.port(), "/_health").statusCode()).isEqualTo(200);
            await().until(() -> get(node.port(), "/nothing").statusCode() == 404);
        }
    }

    private static String times(String parameter, int number) {
        return IntStream.range(0, number).mapToObj(i -> parameter + i).collect(Collectors.joining("&", "?", ""));
    }

    @Test
    void history_and_streams_of_many_scopes_count_as_many_requests() {
        try (TestCluster cluster = new TestCluster("memory://weights", 1, Map.of("requests-per-address", "50"))) {
            Node node = cluster.node(0);
            String history = "/history" + times("scope=topic:", 100);
            String stream = "/events" + times("topic=", 1_000);

            // Each time after all has been paid for: another request may be begun much sooner.
            await().until(() -> get(node.port(), history).statusCode() == 200);
            HttpResponse<String> refused = await().until(
                            () -> get(node.port(), history),
                            response -> response.body().contains("each scope counts as a request"));
            assertProblem(refused, 429, "too-many-requests");
            assertThat(metric(node, "carillon_requests_refused_total{reason=\"address-rate\"}"))
                    .isPositive();

            await().until(() -> {
                try (SseClient client = SseClient.open(node.port(), stream, Map.of())) {
                    return !client.accepted();
                }
            });
            await().until(() -> isTaken(node, Map.of()));
        }
    }
}
