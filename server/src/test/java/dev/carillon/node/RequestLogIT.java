package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.carillon.extension.Response;
import dev.carillon.http.RequestLog;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** Counts of requests, and the access log. */
class RequestLogIT {
    private final Logger logger = (Logger) LoggerFactory.getLogger(RequestLog.ACCESS);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        logger.setLevel(Level.INFO);
        logger.setAdditive(false);
        logger.addAppender(lines);
    }

    @AfterEach
    void close() {
        logger.detachAppender(lines);
        logger.setAdditive(true);
        logger.setLevel(null);
    }

    @Test
    void requests_are_counted_by_the_pattern_of_their_route_and_status() throws IOException {
        try (TestCluster cluster = new TestCluster("memory://counts", 1, Map.of(), context -> {
                    context.route("GET", "/things/{name}", request -> Response.text("a thing"));
                    return () -> {};
                });
                WebClient client = new WebClient(HttpClient.Version.HTTP_1_1, null)) {
            Node node = cluster.node(0);
            client.open(node, "/events?topic=a");
            RightsRequest.of("GET /ws?topic=a").ask(node.port(), null, null);
            TestCluster.post(node, "no token", "{}");
            for (int i = 0; i < 50; i++) {
                client.get(node, "/things/" + i);
                client.get(node, "/nothing/" + i);
            }

            assertCount(node, "/events", 200, 1);
            assertCount(node, "/ws", 101, 1);
            assertCount(node, "/broadcast", 401, 1);
            assertCount(node, "/things/{name}", 200, 50);
            assertCount(node, "other", 404, 50);
            assertThat(TestCluster.get(node.adminPort(), "/metrics")
                            .body()
                            .lines()
                            .filter(line -> line.startsWith("carillon_requests_total")))
                    .hasSize(5);
            assertThat(lines.list).as("the access log is off by default").isEmpty();
        }
    }

    /** A client may see the answer before it is counted. */
    private static void assertCount(Node node, String route, int status, int count) {
        String metric = "carillon_requests_total{route=\"" + route + "\",status=\"" + status + "\"}";
        await().untilAsserted(() -> assertThat(TestCluster.metric(node, metric)).isEqualTo(count));
    }

    @Test
    void a_stream_over_http2_is_counted_when_it_begins() {
        try (TestCluster cluster = new TestCluster("memory://h2", 1, Map.of("h2c", "true"));
                WebClient client = new WebClient(HttpClient.Version.HTTP_2, null)) {
            client.open(cluster.node(0), "/events?topic=a");

            assertCount(cluster.node(0), "/events", 200, 1);
        }
    }

    @Test
    void access_log_has_no_query_no_cookie_and_no_token_and_the_client_that_a_trusted_proxy_names() {
        try (TestCluster cluster = new TestCluster(
                        "memory://access", 1, Map.of("access-log", "true", "trusted-proxies", "127.0.0.0/8"));
                WebClient client = new WebClient(HttpClient.Version.HTTP_1_1, null)) {
            Node node = cluster.node(0);
            TestCluster.send(HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + node.port() + "/history?scope=topic:SECRET"))
                    .header("X-Forwarded-For", "203.0.113.7")
                    .header("Cookie", "carillon_authorization=SECRET")
                    .build());
            await().until(() -> lines.list.size() == 1);
            client.open(node, "/events?topic=SECRET");
            await().until(() -> lines.list.size() == 2);
            TestCluster.send(HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + node.port() + "/a%0Ab?authorization=SECRET"))
                    .build());
            await().until(() -> lines.list.size() == 3);

            assertThat(lines())
                    .noneMatch(line -> line.contains("SECRET"))
                    .noneMatch(line -> line.contains("\n"))
                    .satisfiesExactly(
                            line -> assertThat(line)
                                    .startsWith("request client=203.0.113.7 method=GET path=/history route=/history "
                                            + "status=401 bytes=")
                                    .doesNotContain("bytes=0 ")
                                    .matches(".* millis=\\d+"),
                            line -> assertThat(line)
                                    .startsWith("stream client=127.0.0.1 method=GET path=/events route=/events "
                                            + "status=200 bytes=0 millis="),
                            line -> assertThat(line).contains(" route=other status=404 "));
        }
    }

    private List<String> lines() {
        return List.copyOf(lines.list).stream()
                .map(line -> line.getFormattedMessage() + " "
                        + line.getKeyValuePairs().stream()
                                .map(RequestLogIT::text)
                                .collect(Collectors.joining(" ")))
                .toList();
    }

    private static String text(KeyValuePair pair) {
        return pair.key + "=" + pair.value;
    }
}
