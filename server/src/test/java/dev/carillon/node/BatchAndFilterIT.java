package dev.carillon.node;

import static dev.carillon.node.TestCluster.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches of broadcasts, data of any JSON type, tag filters and named readers, on two nodes. */
class BatchAndFilterIT {
    private static final String JSON = "application/json";
    private static final String NDJSON = "application/x-ndjson";

    private TestCluster cluster;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void start() {
        cluster = new TestCluster("memory://batches", 2, Map.of());
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        cluster.close();
    }

    private HttpResponse<String> post(String type, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(0).port() + "/broadcast"))
                .header("Authorization", "Bearer " + token(List.of("topic:*", "user:*"), List.of(), b -> b))
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return TestCluster.send(
                headers.length == 0 ? request.build() : request.headers(headers).build());
    }

    private SseClient stream(String target) {
        SseClient client = SseClient.open(cluster.node(1).port(), target).opened();
        open.add(client);
        return client;
    }

    private RawWebSocket socket(String target, String... headers) throws IOException {
        RawWebSocket client = new RawWebSocket(cluster.node(1).port(), target, headers);
        open.add(client);
        client.awaitType("open");
        return client;
    }

    private static JsonNode results(HttpResponse<String> answer) throws IOException {
        return new ObjectMapper().readTree(answer.body()).path("results");
    }

    private JsonNode history(String query) throws IOException {
        return new ObjectMapper()
                .readTree(TestCluster.get(cluster.node(1).port(), "/history?scope=topic:a" + query)
                        .body())
                .path("events");
    }

    /** The end of the log. */
    private String position() throws IOException {
        return new ObjectMapper()
                .readTree(TestCluster.get(cluster.node(1).port(), "/position?scope=topic:a")
                        .body())
                .path("cursor")
                .asText();
    }

    private static List<String> texts(JsonNode list, String member) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(each -> each.path(member).asText())
                .toList();
    }

    private static String list(int count) {
        StringBuilder body = new StringBuilder("[");
        for (int i = 0; i < count; i++) {
            body.append(i == 0 ? "" : ",")
                    .append("{\"scope\":\"topic:a\",\"data\":\"")
                    .append(i)
                    .append("\"}");
        }
        return body.append(']').toString();
    }

    @Test
    void a_list_is_broadcast_in_order_with_a_result_for_each_item() throws Exception {
        SseClient stream = stream("/events?topic=a");

        HttpResponse<String> answer = post(JSON, list(1_000));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(results(answer))
                .hasSize(1_000)
                .allSatisfy(each -> assertThat(each.path("id").asText()).isNotEmpty());
        stream.awaitData("999");
        List<String> numbers = stream.data();
        for (int i = 0; i < 1_000; i++) {
            assertThat(numbers.get(i)).isEqualTo(Integer.toString(i));
        }
    }

    @Test
    void items_that_are_refused_do_not_affect_the_others() throws Exception {
        String lines = """
                {"scope":"topic:a","data":"one"}
                {"scope":"route:/forbidden"}

                {"scope":
                {"scope":"topic:a","tpye":"x"}
                {"scope":"topic:a","data":"two"}
                """;

        HttpResponse<String> answer = post(NDJSON, lines);

        assertThat(answer.statusCode()).isEqualTo(207);
        JsonNode results = results(answer);
        assertThat(texts(results, "code")).containsExactly("", "not-granted", "invalid-request", "invalid-request", "");
        assertThat(texts(results, "status")).containsExactly("", "403", "400", "400", "");
        assertThat(results.get(2).path("detail").asText()).startsWith("line 4:");
        assertThat(results.get(3).path("detail").asText()).startsWith("line 5:").contains("tpye");
        assertThat(texts(history(""), "data")).containsExactly("one", "two");
    }

    @Test
    void a_batch_that_is_refused_but_for_its_first_item_has_all_results() throws Exception {
        String refused = "{\"scope\":\"route:/forbidden\"}\n";

        HttpResponse<String> answer = post(NDJSON, "{\"scope\":\"topic:a\"}\n" + refused.repeat(999));

        JsonNode results = results(answer);
        assertThat(results).hasSize(1_000);
        assertThat(texts(results, "code").subList(1, 1_000)).containsOnly("not-granted");
    }

    @Test
    void a_repeated_batch_is_delivered_once() throws Exception {
        String items = """
                [{"scope":"topic:a","data":"x"},
                {"scope":"topic:a","data":"y","idempotency_key":"own"}]""";

        HttpResponse<String> first = post(JSON, items, "Idempotency-Key", "batch 1");
        HttpResponse<String> again = post(JSON, items, "Idempotency-Key", "batch 1");
        HttpResponse<String> own = post(JSON, "{\"scope\":\"topic:a\",\"data\":\"y\"}", "Idempotency-Key", "own");
        HttpResponse<String> other =
                post(JSON, "[{\"scope\":\"topic:a\",\"data\":\"z\"}]", "Idempotency-Key", "batch 1");

        assertThat(again.body()).isEqualTo(first.body());
        assertThat(own.body()).contains(results(first).get(1).path("id").asText());
        assertThat(texts(results(other), "code")).containsExactly("id-conflict");
        assertThat(texts(history(""), "data")).containsExactly("x", "y");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", " [1]", "[{\"scope\":\"topic:a\"},null]", "[{}", "TOO MANY"})
    void a_body_that_is_no_batch_is_refused_as_a_whole(String body) {
        HttpResponse<String> answer = post(JSON, body.equals("TOO MANY") ? list(1_001) : body);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("\"code\":\"invalid-request\"");
    }

    @Test
    void data_of_any_json_type_is_text_in_an_event_stream_and_a_value_elsewhere() throws Exception {
        SseClient stream = stream("/events?topic=a");
        RawWebSocket socket = socket("/ws?topic=a");
        List<String> values =
                List.of("{\"price\":1.10,\"big\":12345678901234567890}", "[1,\"a\"]", "true", "null", "7");

        for (String value : values) {
            assertThat(post(JSON, "{\"scope\":\"topic:a\",\"data\":" + value + "}")
                            .statusCode())
                    .isEqualTo(200);
        }

        stream.awaitData("7");
        assertThat(stream.data()).isEqualTo(values);
        for (String value : values) {
            JsonNode event = socket.awaitEvent();
            assertThat(event.path("data")).isEqualTo(new ObjectMapper().readTree(value));
        }
        assertThat(TestCluster.get(cluster.node(1).port(), "/history?scope=topic:a")
                        .body())
                .contains("\"data\":{\"price\":1.10,\"big\":12345678901234567890}", "\"data\":null");
    }

    private static String tagged(String data, String tags) {
        return "{\"scope\":\"topic:a\",\"data\":\"" + data + "\",\"tags\":" + tags + "}";
    }

    @Test
    void a_filtered_client_receives_live_missed_and_retained_events_that_match() throws Exception {
        String filter = "&filter=" + URLEncoder.encode("region:eu*,us", StandardCharsets.UTF_8) + "&filter=level:high";
        String start = position();
        SseClient live = stream("/events?topic=a" + filter);
        SseClient all = stream("/events?topic=a");
        RawWebSocket socket = socket("/ws?topic=a" + filter);
        String batch = "["
                + String.join(
                        ",",
                        tagged("1", "{\"region\":\"eu-west\",\"level\":\"high\"}"),
                        tagged("2", "{\"region\":\"eu-west\",\"level\":\"low\"}"),
                        tagged("3", "{\"region\":\"asia\",\"level\":\"high\"}"),
                        tagged("4", "{}"),
                        tagged("5", "{\"region\":\"us\",\"level\":\"high\"}"))
                + "]";

        assertThat(post(JSON, batch).statusCode()).isEqualTo(200);
        all.awaitData("5");
        live.awaitData("5");

        assertThat(live.data()).containsExactly("1", "5");
        JsonNode event = socket.awaitEvent();
        assertThat(event.path("data").asText()).isEqualTo("1");
        assertThat(event.path("tags").path("region").asText()).isEqualTo("eu-west");
        assertThat(socket.awaitEvent().path("data").asText()).isEqualTo("5");
        SseClient resumed = stream("/events?topic=a&lastEventID=" + start + filter);
        resumed.awaitData("5");
        assertThat(resumed.data()).containsExactly("1", "5");
        assertThat(texts(history(filter), "data")).containsExactly("1", "5");
    }

    @Test
    void events_of_personal_scopes_are_not_filtered() throws Exception {
        RawWebSocket ann = socket(
                "/ws?topic=a&filter=region:eu",
                "Authorization: Bearer " + token(List.of(), List.of(), b -> b.subject("ann")));

        post(
                JSON,
                "[{\"scope\":\"topic:a\",\"data\":\"no\"},{\"scopes\":[\"topic:a\",\"user:ann\"],\"data\":\"yes\"}]");

        assertThat(ann.awaitEvent().path("data").asText()).isEqualTo("yes");
    }

    @Test
    void a_filter_that_cannot_be_read_is_refused() {
        for (String target : List.of("/events?topic=a", "/history?scope=topic:a")) {
            HttpResponse<String> answer = TestCluster.get(cluster.node(0).port(), target + "&filter=region");
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body()).contains("filter region: must be TAG:VALUE");
        }
    }

    @Test
    void an_event_with_readers_reaches_only_these_users() throws Exception {
        String start = position();
        List<RawWebSocket> sockets = new ArrayList<>();
        for (String user : List.of("ann", "bob", "admin")) {
            List<String> read = user.equals("admin") ? List.of("*") : List.of();
            sockets.add(socket("/ws?topic=a", "Authorization: Bearer " + token(List.of(), read, b -> b.subject(user))));
        }
        SseClient anonymous = stream("/events?topic=a");

        post(JSON, """
                [{"scope":"topic:a","data":"secret","readers":["ann","carl"]},
                {"scopes":["topic:a","user:bob"],"data":"secret too","readers":["ann"]},
                {"scope":"topic:a","data":"public"}]""");

        assertThat(sockets.get(0).awaitEvent().path("data").asText()).isEqualTo("secret");
        assertThat(sockets.get(0).awaitEvent().path("data").asText()).isEqualTo("secret too");
        for (RawWebSocket each : sockets) {
            assertThat(each.awaitEvent().path("data").asText()).isEqualTo("public");
        }
        anonymous.awaitData("public");
        assertThat(anonymous.data()).containsExactly("public");
        SseClient resumed = stream("/events?topic=a&lastEventID=" + start);
        resumed.awaitData("public");
        assertThat(resumed.data()).containsExactly("public");
        assertThat(texts(history(""), "data")).containsExactly("public");
        await().untilAsserted(() -> assertThat(history("&authorization=" + token(List.of(), List.of("*"), b -> b)))
                .hasSize(1));
    }
}
