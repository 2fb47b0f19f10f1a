package dev.carillon.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.extension.Extension;
import dev.carillon.extension.Response;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Two nodes over the in-memory broker, with a collector. */
class TracesIT {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";
    private static final String SAMPLED = "00-" + TRACE + "-" + PARENT + "-01";
    private static final String UNSAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4737-" + PARENT + "-00";

    private static TestCluster cluster(OtlpReceiver collector, String ratio, Extension... extensions) {
        return new TestCluster(
                "memory",
                2,
                Map.of("tracing", "on", "tracing-endpoint", collector.endpoint(), "tracing-ratio", ratio),
                extensions);
    }

    private static HttpResponse<String> broadcast(Node node, String context, String key) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + node.port() + "/broadcast"))
                .header("Authorization", "Bearer " + TestCluster.token())
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"scope\":\"topic:secret-topic\",\"data\":\"secret data\"}"));
        if (!context.isEmpty()) {
            request.header("traceparent", context);
        }
        HttpResponse<String> answer = TestCluster.send(request.build());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer;
    }

    private static SseClient client(Node node) {
        return SseClient.open(node.port(), "/events?topic=secret-topic").opened();
    }

    private static List<ExportedSpan> named(List<ExportedSpan> spans, String name) {
        return spans.stream().filter(span -> span.name().equals(name)).toList();
    }

    @Test
    void broadcast_over_two_nodes_is_one_tree_of_spans_below_that_of_its_publisher() throws Exception {
        try (OtlpReceiver collector = new OtlpReceiver();
                TestCluster cluster = cluster(collector, "0");
                SseClient one = client(cluster.node(0));
                SseClient two = client(cluster.node(1))) {
            broadcast(cluster.node(0), SAMPLED, "k1");
            one.awaitData("secret data");
            two.awaitData("secret data");
            Awaitility.await().until(() -> collector.of(TRACE).size() == 6);

            List<ExportedSpan> spans = collector.of(TRACE);
            ExportedSpan broadcast = named(spans, "broadcast").getFirst();
            ExportedSpan append = named(spans, "append").getFirst();
            List<ExportedSpan> feeds = named(spans, "feed");
            List<ExportedSpan> deliveries = named(spans, "deliver");
            assertThat(broadcast.parent()).isEqualTo(PARENT);
            assertThat(append.parent()).isEqualTo(broadcast.id());
            assertThat(broadcast.node())
                    .isEqualTo(append.node())
                    .isEqualTo(cluster.node(0).id());
            assertThat(feeds).hasSize(2).allMatch(span -> span.parent().equals(append.id()));
            for (List<ExportedSpan> each : List.of(feeds, deliveries)) {
                assertThat(each)
                        .extracting(ExportedSpan::node)
                        .containsExactlyInAnyOrder(
                                cluster.node(0).id(), cluster.node(1).id());
            }
            assertThat(deliveries)
                    .allSatisfy(span -> assertThat(feeds)
                            .anyMatch(feed -> feed.id().equals(span.parent())
                                    && feed.node().equals(span.node())));
            assertThat(spans).noneMatch(ExportedSpan::failed);
            assertThat(spans.toString()).doesNotContain("secret");
            assertDocumented(spans);
        }
    }

    private static void assertDocumented(List<ExportedSpan> spans) throws Exception {
        String page = Files.readString(Path.of("../docs/traces.md"));
        String table = page.substring(page.indexOf("| attribute |"), page.indexOf("## A collector"));
        TreeSet<String> documented = Pattern.compile("(?m)^\\| `([a-z_.]+)` \\|")
                .matcher(table)
                .results()
                .map(row -> row.group(1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(documented)
                .containsAll(spans.stream()
                        .flatMap(span -> span.attributes().keySet().stream())
                        .toList());
    }

    @Test
    void broadcast_over_a_web_socket_takes_the_trace_of_its_message() throws Exception {
        HttpClient http = HttpClient.newHttpClient();
        try (OtlpReceiver collector = new OtlpReceiver();
                TestCluster cluster = cluster(collector, "0")) {
            WebSocket socket = http.newWebSocketBuilder()
                    .header("Authorization", "Bearer " + TestCluster.token())
                    .buildAsync(
                            URI.create("ws://127.0.0.1:" + cluster.node(0).port() + "/ws"), new WebSocket.Listener() {})
                    .join();
            for (String context : List.of("00-none", UNSAMPLED, SAMPLED)) {
                socket.sendText(
                                "{\"type\":\"broadcast\",\"scope\":\"topic:t\",\"traceparent\":\"" + context + "\"}",
                                true)
                        .join();
            }

            // No client of the topic, so no span of a delivery.
            Awaitility.await().until(() -> collector.of(TRACE).size() == 2);
            assertThat(named(collector.spans(), "broadcast"))
                    .singleElement()
                    .satisfies(span -> assertThat(span.parent()).isEqualTo(PARENT));
        } finally {
            http.shutdownNow();
        }
    }

    @Test
    void repetition_with_another_trace_context_is_recognised() throws Exception {
        try (OtlpReceiver collector = new OtlpReceiver();
                TestCluster cluster = cluster(collector, "1")) {
            String first = broadcast(cluster.node(0), SAMPLED, "k2").body();

            assertThat(broadcast(cluster.node(1), "", "k2").body()).isEqualTo(first);
        }
    }

    @Test
    void ratio_decides_about_broadcasts_without_a_context_and_a_publisher_that_records_nothing_is_obeyed()
            throws Exception {
        try (OtlpReceiver collector = new OtlpReceiver();
                TestCluster cluster = cluster(collector, "1");
                SseClient client = client(cluster.node(1))) {
            broadcast(cluster.node(0), UNSAMPLED, "k3");
            broadcast(cluster.node(0), "", "k4");
            client.await(2);
            Awaitility.await()
                    .until(() -> named(collector.spans(), "deliver").size() == 1
                            && named(collector.spans(), "append").size() == 1);

            assertThat(named(collector.spans(), "broadcast"))
                    .singleElement()
                    .satisfies(span -> assertThat(span.parent()).isEmpty());
        }
    }

    @Test
    void call_to_another_node_belongs_to_the_trace_of_its_request() throws Exception {
        Extension extension = context -> {
            context.onCall("echo", body -> body);
            context.post(
                    "/ask",
                    request -> Response.text(context.callNode(
                                    request.parameter("node").orElseThrow(),
                                    Long.parseLong(
                                            request.parameter("generation").orElseThrow()),
                                    "echo",
                                    "hello")
                            .toCompletableFuture()
                            .join()
                            .orElse("none")));
            return () -> {};
        };
        try (OtlpReceiver collector = new OtlpReceiver();
                TestCluster cluster = cluster(collector, "0", extension)) {
            Node other = cluster.node(1);
            HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                            + cluster.node(0).port() + "/ask?node=" + other.id() + "&generation="
                            + generation(other)))
                    .header("traceparent", SAMPLED)
                    .POST(HttpRequest.BodyPublishers.noBody())
                    .build());

            assertThat(answer.body()).isEqualTo("hello");
            Awaitility.await().until(() -> collector.of(TRACE).size() == 3);
            ExportedSpan request = named(collector.of(TRACE), "request").getFirst();
            ExportedSpan call = named(collector.of(TRACE), "call").getFirst();
            ExportedSpan received = named(collector.of(TRACE), "call received").getFirst();
            assertThat(request.parent()).isEqualTo(PARENT);
            assertThat(call.parent()).isEqualTo(request.id());
            assertThat(received.parent()).isEqualTo(call.id());
            assertThat(received.node()).isEqualTo(other.id());
            assertDocumented(collector.of(TRACE));
        }
    }

    private static String generation(Node node) {
        String body = TestCluster.get(node.adminPort(), "/admin/drain").body();
        return body.replaceAll("(?s).*\"generation\":(\\d+).*", "$1");
    }
}
