package dev.carillon.examples.lightshow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PhonesIT {
    private static final String PHONE = "/events?route=/lightshow&topic=lightshow/everyone";

    @Test
    void the_phones_of_all_nodes_are_counted_until_they_or_their_node_are_gone() {
        try (TestCluster cluster = cluster("counted", 2);
                SseClient _ = phone(cluster.node(1), PHONE);
                SseClient _ = phone(cluster.node(1), PHONE);
                SseClient _ = phone(cluster.node(1), "/events?route=/other&topic=lightshow/everyone")) {
            String n1 = cluster.node(0).id();
            String n2 = cluster.node(1).id();
            try (SseClient _ = phone(cluster.node(0), PHONE)) {
                awaitPhones(cluster.node(0), 3, count(n1, 1), count(n2, 2));
            }
            awaitPhones(cluster.node(1), 2, count(n1, 0), count(n2, 2));

            cluster.node(1).close();
            awaitPhones(cluster.node(0), 0, count(n1, 0));
        }
    }

    @Test
    void token_without_a_grant_for_every_group_is_refused() {
        try (TestCluster cluster = cluster("refused", 1)) {
            Node node = cluster.node(0);
            String narrow = TestCluster.token(List.of("topic:lightshow/years/*"), List.of("*"), b -> b);

            assertThat(phones(node, narrow).statusCode()).isEqualTo(403);
            assertThat(phones(node, narrow).body()).contains("\"code\":\"not-granted\"", "topic:lightshow/everyone");
            assertThat(phones(node, TestCluster.tokenOf("ann", "acme")).body())
                    .contains("\"code\":\"not-granted\"", "the tenant default");
            assertThat(phones(node, "forged").statusCode()).isEqualTo(401);
            assertThat(TestCluster.get(node.port(), "/lightshow/phones").statusCode())
                    .isEqualTo(401);
            String enough = TestCluster.token(List.of("topic:lightshow/*"), List.of(), b -> b);
            assertThat(phones(node, enough).statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"everyone", "contributors", "years/1", "years/5", "years/10", "years/20"})
    void no_group_can_be_left_out(String group) {
        List<String> others = PhonesHandler.TOPICS.stream()
                .filter(topic -> !topic.equals("lightshow/" + group))
                .map(topic -> "topic:" + topic)
                .toList();
        try (TestCluster cluster = cluster("left-out", 1)) {
            assertThat(phones(cluster.node(0), TestCluster.token(others, List.of(), b -> b))
                            .body())
                    .contains("has no grant to broadcast to topic:lightshow/" + group + "\"");
        }
    }

    private static TestCluster cluster(String name, int size) {
        return new TestCluster("memory://lightshow-" + name, size, Map.of(), new Lightshow());
    }

    private static SseClient phone(Node node, String target) {
        return SseClient.open(node.port(), target).opened();
    }

    private static void awaitPhones(Node node, int total, String... counts) {
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(phones(node, TestCluster.token()).body())
                                .isEqualTo("{\"total\":" + total + ",\"nodes\":[" + String.join(",", counts) + "]}"));
    }

    private static String count(String node, int phones) {
        return "{\"node\":\"" + node + "\",\"phones\":" + phones + "}";
    }

    private static HttpResponse<String> phones(Node node, String token) {
        return TestCluster.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/lightshow/phones"))
                        .header("Authorization", "Bearer " + token)
                        .build());
    }
}
