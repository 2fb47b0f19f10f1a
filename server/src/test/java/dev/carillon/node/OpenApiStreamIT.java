package dev.carillon.node;

import static dev.carillon.node.Hub.bearer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.auth.KeysUnavailableException;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Parameters, events and version in docs/openapi.yaml, and a stream that is refused for a time. */
@Tag("full")
class OpenApiStreamIT {
    private final OpenApiNodes nodes = new OpenApiNodes();

    @AfterEach
    void stop() {
        nodes.close();
    }

    @Test
    void parameters_are_those_that_the_routes_know() throws IOException {
        Node node = nodes.node("parameters", Map.of());
        for (String operation : List.of("GET /events", "GET /ws", "GET /history", "GET /position", "GET /presence")) {
            String path = operation.substring(4);
            String detail =
                    nodes.ask(node, "GET " + path + "?nothing=1", Map.of()).body();
            List<String> known = List.of(detail.replaceAll(".*known parameters are ([A-Za-z, ]+)\".*", "$1")
                    .split(", ", -1));

            List<String> described = new ArrayList<>(OpenApi.queryParameters(operation));
            described.add("authorization");
            assertThat(known).as(operation).containsExactlyInAnyOrderElementsOf(described);
        }
    }

    @Test
    void release_is_served_only_with_the_details_of_health() throws IOException {
        String release = OpenApi.ROOT.at("/info/version").asText();
        Node open = nodes.node("open", Map.of());
        Node secretive = nodes.node("secretive", Map.of("health-detail", "off"));

        assertThat(nodes.ask(open, "GET /openapi.yaml", Map.of()).body()).contains("\n  version: " + release + "\n");
        assertThat(nodes.ask(secretive, "GET /openapi.yaml", Map.of()).body())
                .contains("\n  version: v1\n")
                .doesNotContain(release);
    }

    @Test
    void events_of_the_node_are_as_described() {
        Node node = nodes.node("events", Map.of());
        try (SseClient stream = SseClient.open(node.port(), "/events?topic=a&lastEventID=unknown")) {
            stream.await(2);
            stream.all()
                    .forEach(event -> OpenApi.checkEvent("GET /events", String.valueOf(event.type()), event.data()));
            assertThat(stream.all())
                    .extracting(SseClient.Received::type)
                    .containsExactlyInAnyOrder("carillon.open", "carillon.gap");
        }
    }

    @Test
    void stream_is_refused_for_a_time_when_its_token_cannot_be_verified() throws IOException {
        Authorizer unable = token -> token == null
                ? CompletableFuture.completedFuture(new Grants(Tenant.DEFAULT, null, List.of(), List.of(), null))
                : CompletableFuture.failedFuture(new KeysUnavailableException("no keys"));
        Node other = nodes.own(Node.builder(TestCluster.config("n-keys", "memory://keys", Map.of()))
                .authorizer(unable)
                .start());

        assertThat(nodes.ask(other, "GET /events", bearer("t")).status()).isEqualTo(200);
        assertThat(nodes.ask(other, "GET /position?scope=global", bearer("t")).status())
                .isEqualTo(503);
    }
}
