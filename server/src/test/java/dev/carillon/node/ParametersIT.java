package dev.carillon.node;

import static dev.carillon.node.TestCluster.broadcast;
import static dev.carillon.node.TestCluster.get;
import static dev.carillon.node.TestCluster.post;
import static dev.carillon.node.TestCluster.token;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Query parameters: those that are unknown are refused, and those that clients and libraries add are not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ParametersIT {
    private static final String OF_EVENTS =
            "; known parameters are authorization, context, filter, label, lastEventID, ping, route, topic";
    private static final String OF_WEB_SOCKETS =
            "; known parameters are authorization, context, filter, label, lastEventID, route, topic";
    private static final String OF_HISTORY = "; known parameters are after, authorization, filter, limit, scope";

    private TestCluster cluster;

    @BeforeAll
    void start() {
        cluster = new TestCluster("memory://parameters", 1, Map.of());
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rout=/board|rout: is unknown: did you mean route?",
                "Route=/board|Route: is unknown: did you mean route?",
                "topic=a&topics=b|topics: is unknown: did you mean topic?",
                "topic%5B%5D=a|topic[]: is unknown: did you mean topic?",
                "lasteventid=x|lasteventid: is unknown: did you mean lastEventID?",
                "user=ada|user: is unknown: it comes from the token",
                "scope=route:/board|scope: is unknown: give route=… or topic=…",
                "after=x|after: is unknown: give lastEventID=…",
                "a%0Ab=1|a?b: is unknown",
            })
    void a_stream_with_an_unknown_parameter_is_refused_with_what_it_may_have_meant(String query, String why)
            throws JsonProcessingException {
        assertRefused(get(cluster.node(0).port(), "/events?" + query), "parameter " + why + OF_EVENTS);
        assertRefused(get(cluster.node(0).port(), "/ws?" + query), "parameter " + why + OF_WEB_SOCKETS);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "scope=global&limits=3|limits: is unknown: did you mean limit?",
                "scopes=global|scopes: is unknown: did you mean scope?",
                "topic=a|topic: is unknown: give scope=topic:…",
                "scope=global&lastEventID=x|lastEventID: is unknown: give after=…"
            })
    void history_with_an_unknown_parameter_is_refused(String query, String why) throws JsonProcessingException {
        assertRefused(get(cluster.node(0).port(), "/history?" + query), "parameter " + why + OF_HISTORY);
    }

    @Test
    void broadcast_ignores_its_query_parameters() throws JsonProcessingException {
        HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(0).port() + "/broadcast?private=true"))
                .header("Authorization", "Bearer " + token())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"scope\":\"global\"}"))
                .build());

        assertRefused(answer, "parameter private: is unknown; known parameters are authorization");
        assertThat(post(cluster.node(0), token(), "{\"scope\":\"global\"}").statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lastEventID", "last_event_id", "Last-Event-ID", "lastEventId"})
    void stream_resumes_with_every_spelling_of_the_parameter(String name) {
        String scope = "{\"scope\":\"topic:" + name + "\",\"data\":\"";
        broadcast(cluster.node(0), scope + "seen\",\"id\":\"seen-" + name + "\"}");
        broadcast(cluster.node(0), scope + "missed\"}");

        try (SseClient client =
                SseClient.open(cluster.node(0).port(), "/events?topic=" + name + "&" + name + "=seen-" + name)) {
            Awaitility.await().until(() -> client.data().contains("missed"));
            assertThat(client.data()).doesNotContain("seen");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "_=1764293000", "&&", "="})
    void parameters_that_libraries_add_are_accepted(String query) {
        try (SseClient client = SseClient.open(cluster.node(0).port(), "/events?" + query)) {
            client.opened();
        }
    }

    private static void assertRefused(HttpResponse<String> answer, String detail) throws JsonProcessingException {
        assertThat(answer.statusCode()).isEqualTo(400);
        var json = new ObjectMapper().readTree(answer.body());
        assertThat(json.get("code").textValue()).isEqualTo("invalid-request");
        assertThat(json.get("detail").textValue()).isEqualTo(detail);
    }
}
