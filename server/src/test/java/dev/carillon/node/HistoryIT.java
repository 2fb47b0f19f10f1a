package dev.carillon.node;

import static dev.carillon.node.TestCluster.broadcast;
import static dev.carillon.node.TestCluster.token;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code GET /history}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HistoryIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    private TestCluster cluster;

    @BeforeAll
    void start() {
        cluster = new TestCluster("memory://history-it", 2, Map.of());
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    void pages_follow_each_other_to_the_end_in_the_order_of_the_log() {
        for (int i = 0; i < 10; i++) {
            String scope = i % 2 == 0 ? "topic:pages" : "route:/pages";
            broadcast(node(i), "{\"scope\":\"" + scope + "\",\"data\":\"" + i + "\",\"type\":\"t\",\"key\":\"k\"}");
            broadcast(node(i), "{\"scope\":\"topic:other\",\"data\":\"other\"}");
        }
        List<String> data = new ArrayList<>();
        String after = "";
        JsonNode page;
        do {
            page = json("/history?scope=topic:pages&scope=route:/pages&limit=3" + after);
            assertThat(page.get("events").size()).isLessThanOrEqualTo(3);
            assertThat(page.get("gap").booleanValue()).isFalse();
            page.get("events").forEach(event -> data.add(event.get("data").textValue()));
            after = "&after=" + page.get("last").textValue();
        } while (page.get("more").booleanValue());

        assertThat(data).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
        JsonNode first =
                json("/history?scope=topic:pages&limit=1").get("events").get(0);
        assertThat(first.get("type").textValue()).isEqualTo("t");
        assertThat(first.get("key").textValue()).isEqualTo("k");
        assertThat(first.get("scopes").toString()).isEqualTo("[\"topic:pages\"]");
    }

    @Test
    void id_is_a_position_and_later_events_follow() {
        String id = broadcast(node(0), "{\"scope\":\"topic:by-id\",\"data\":\"0\",\"id\":\"mine\"}");
        assertThat(id).isEqualTo("{\"id\":\"mine\"}");
        broadcast(node(1), "{\"scope\":\"topic:by-id\",\"data\":\"1\"}");

        JsonNode page = json("/history?scope=topic:by-id&after=mine");

        assertThat(page.get("events").size()).isEqualTo(1);
        assertThat(page.get("events").get(0).get("data").textValue()).isEqualTo("1");
        assertThat(page.get("more").booleanValue()).isFalse();
    }

    @Test
    void private_events_are_for_those_with_a_grant_or_whose_own_they_are() {
        broadcast(node(0), "{\"scopes\":[\"topic:secret\",\"user:ann\"],\"data\":\"gold\",\"private\":true}");
        String ann = token(List.of(), List.of(), b -> b.subject("ann"));
        String reader = token(List.of(), List.of("topic:secret"), b -> b);

        assertThat(events(get("/history?scope=topic:secret", null))).isEmpty();
        assertThat(events(get("/history?scope=topic:secret", reader))).containsExactly("gold");
        assertThat(events(get("/history?scope=user:ann", ann))).containsExactly("gold");
        assertThat(get("/history?scope=user:ann", reader).statusCode()).isEqualTo(403);
        assertThat(get("/history?scope=user:ann", reader).body()).contains("not-granted", "user:ann");
        assertThat(get("/history?scope=user:ann", null).statusCode()).isEqualTo(401);
    }

    @Test
    void session_reads_only_its_own_events() {
        SseClient client = SseClient.open(node(0).port(), "/events").opened();
        String session = client.opening("session");
        broadcast(node(0), "{\"scope\":\"session:" + session + "\",\"data\":\"mine\"}");
        String cookie = String.valueOf(client.header("Set-Cookie")).split(";", 2)[0];
        String target = "/history?scope=session:" + session;

        HttpResponse<String> own = TestCluster.send(
                HttpRequest.newBuilder(uri(target)).header("Cookie", cookie).build());

        assertThat(events(own)).containsExactly("mine");
        assertThat(get(target, null).statusCode()).isEqualTo(401);
        assertThat(get(target, token(List.of(), List.of(), b -> b)).statusCode())
                .isEqualTo(403);
        client.close();
    }

    @ParameterizedTest
    @CsvSource({
        "/history, parameter scope: must be given 1 to 100 times",
        "/history?scope=nothing, scope",
        "/history?scope=system, system has no history",
        "/history?scope=topic:a&limit=0, parameter limit: must be a whole number from 1 to 1000",
        "/history?scope=topic:a&limit=x, parameter limit: must be a whole number from 1 to 1000",
        "/history?scope=topic:a&limit=1&limit=2, parameter limit: must be given once",
        "/history?scope=topic:a&after=unknown-id, is not in the log",
        "/history?scope=topic:a&after=cursor:1:x, is not in the log",
    })
    void answer_names_the_wrong_parameter(String target, String message) {
        HttpResponse<String> response = get(target, null);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(response.body()).contains(message);
    }

    private Node node(int number) {
        return cluster.node(number % 2);
    }

    private JsonNode json(String target) {
        HttpResponse<String> response = get(target, null);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return parse(response);
    }

    private static List<String> events(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        List<String> data = new ArrayList<>();
        parse(response)
                .get("events")
                .forEach(event -> data.add(event.get("data").textValue()));
        return data;
    }

    private static JsonNode parse(HttpResponse<String> response) {
        try {
            return JSON.readTree(response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpResponse<String> get(String target, @Nullable String token) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(target));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return TestCluster.send(request.build());
    }

    private URI uri(String target) {
        return URI.create("http://127.0.0.1:" + node(1).port() + target);
    }
}
