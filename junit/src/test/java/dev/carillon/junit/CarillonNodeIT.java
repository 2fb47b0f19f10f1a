package dev.carillon.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.ConfigException;
import dev.carillon.node.TestCluster;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Nodes that run for the tests of this class. */
class CarillonNodeIT {
    @RegisterExtension
    static final CarillonNode CARILLON = CarillonNode.inMemory().nodes(2).build();

    @Test
    void broadcasts_by_http_and_from_java_reach_clients_of_the_other_node_and_are_recorded() throws Exception {
        try (SseClient client = SseClient.open(CARILLON.url(1).getPort(), "/events?topic=orders")) {
            client.opened();

            assertThat(post(CARILLON.token().topics("orders").build()).statusCode())
                    .isEqualTo(200);
            assertThat(post(CARILLON.token().topics("other/*").build()).statusCode())
                    .isEqualTo(403);
            CARILLON.broadcaster()
                    .broadcast(Event.to(Scope.topic("orders")).data("from Java").build())
                    .toCompletableFuture()
                    .get();

            client.awaitData("from Java");
            assertThat(client.data()).containsExactly("{\"id\":7}", "from Java");
            CARILLON.broadcasts()
                    .expect(Scope.topic("orders"))
                    .type("order")
                    .json("{\"id\": 7}")
                    .once();
            CARILLON.broadcasts().expect(Scope.topic("orders")).times(2);
            CARILLON.broadcasts().expect(Scope.user("42")).never();
        }
    }

    @Test
    @Tag("full")
    void stream_ends_when_the_clock_passes_the_end_of_its_token_and_the_nodes_stay_a_cluster() {
        String token =
                CARILLON.token().user("ann").expiresIn(Duration.ofMinutes(5)).build();
        try (SseClient client = SseClient.open(
                CARILLON.url().getPort(), "/events?topic=orders", Map.of("Authorization", "Bearer " + token))) {
            client.opened();
            CARILLON.clock().advance(Duration.ofMinutes(3));
            assertThat(client.hasEnded()).isFalse();

            CARILLON.clock().advance(Duration.ofMinutes(3));

            await().until(client::hasEnded);
            assertThat(client.all().getLast().data()).contains("\"expired\"");
            CARILLON.clock().advance(Duration.ofHours(1));
            assertThat(nodes()).hasSize(2);
        }
    }

    private static List<String> nodes() {
        HttpRequest request = HttpRequest.newBuilder(CARILLON.adminUrl().resolve("/_health/cluster"))
                .header("Authorization", "Bearer " + CarillonNode.OPERATOR_TOKEN)
                .build();
        String body = TestCluster.send(request).body();
        return body.lines()
                .flatMap(line -> Pattern.compile("\"node-[12]\"").matcher(line).results())
                .map(match -> match.group())
                .distinct()
                .toList();
    }

    private static HttpResponse<String> post(String token) {
        return TestCluster.send(HttpRequest.newBuilder(CARILLON.url().resolve("/broadcast"))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"scope\":\"topic:orders\",\"type\":\"order\",\"data\":{\"id\":7}}"))
                .build());
    }

    @Test
    void other_code_starts_and_closes_a_node_and_a_wrong_setting_is_refused() {
        CarillonNode node;
        URI url;
        try (CarillonNode started =
                CarillonNode.inMemory().set("anonymous", "false").start()) {
            node = started;
            url = started.url();
            assertThat(TestCluster.get(url.getPort(), "/events").statusCode()).isEqualTo(401);
        }
        assertThatThrownBy(node::url).hasMessageContaining("does not run");
        assertThatThrownBy(
                        () -> CarillonNode.inMemory().set("anonymus", "false").start())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("anonymus: ");
        assertThatThrownBy(() -> CarillonNode.inMemory().set("port", "8080"))
                .hasMessageStartingWith("port: cannot be set to 8080");
        assertThatThrownBy(() -> CarillonNode.inMemory().nodes(0)).hasMessage("nodes: must be 1 to 10, not 0");
    }
}
