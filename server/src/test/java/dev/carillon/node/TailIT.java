package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.tail.Tails;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Operators see the events of a tenant as they pass, broadcast at any node, and no private data without a grant. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TailIT {
    @SuppressWarnings("NullAway.Init")
    private TestCluster cluster;

    @BeforeAll
    void start() {
        cluster = new TestCluster("memory://tail", 2, Map.of());
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    private SseClient tail(String query, @Nullable String readToken) {
        Map<String, String> headers = new HashMap<>(Hub.bearer(TestCluster.OPERATOR));
        if (readToken != null) {
            headers.put("Carillon-Read-Token", readToken);
        }
        SseClient client = SseClient.open(cluster.node(0).adminPort(), "/admin/tail?" + query, headers);
        await().until(() -> client.comments() > 0 || !isOpen(client));
        return client;
    }

    /** Repeats while others that were closed still count: the node notices that a client has left when it writes next. */
    private SseClient openTail(String query, @Nullable String readToken) {
        return await().until(
                        () -> {
                            SseClient client = tail(query, readToken);
                            if (!isOpen(client)) {
                                client.close();
                            }
                            return client;
                        },
                        TailIT::isOpen);
    }

    private static boolean isOpen(SseClient client) {
        return client.status().contains("200");
    }

    private static List<JsonNode> events(SseClient tail) throws IOException {
        List<JsonNode> events = new ArrayList<>();
        for (SseClient.Received each : tail.all()) {
            events.add(new ObjectMapper().readTree(each.data()));
        }
        return events;
    }

    @Test
    void events_of_every_node_are_shown_by_scope_and_tenant() throws IOException {
        try (SseClient orders = openTail("scope=topic:orders/*&scope=user:*", null)) {
            TestCluster.broadcast(cluster.node(1), "{\"scope\":\"topic:news\",\"data\":\"no\"}");
            TestCluster.post(
                    cluster.node(1),
                    TestCluster.tokenOf("eve", "acme"),
                    "{\"scope\":\"topic:orders/1\",\"data\":\"other tenant\"}");
            TestCluster.broadcast(
                    cluster.node(1), "{\"scope\":\"topic:orders/1\",\"type\":\"order\",\"data\":\"open\"}");
            TestCluster.broadcast(cluster.node(0), "{\"scope\":\"user:ann\",\"data\":\"secret\"}");
            orders.await(2);

            List<JsonNode> events = events(orders);

            assertThat(events).hasSize(2);
            assertThat(events.getFirst().path("data").asText()).isEqualTo("open");
            assertThat(events.getFirst().path("type").asText()).isEqualTo("order");
            assertThat(events.getFirst().path("scopes").path(0).asText()).isEqualTo("topic:orders/1");
            assertThat(events.getLast().path("data").isNull()).isTrue();
            assertThat(events.getLast().path("bytes").asInt()).isEqualTo(6);
        }
    }

    @Test
    void private_data_is_shown_where_the_read_token_grants_it() throws IOException {
        String ofAnn = TestCluster.token(List.of(), List.of("user:ann"), b -> b);
        try (SseClient tail = openTail("scope=user:*", ofAnn)) {
            TestCluster.broadcast(cluster.node(1), "{\"scope\":\"user:ben\",\"data\":\"hidden\"}");
            TestCluster.broadcast(cluster.node(1), "{\"scope\":\"user:ann\",\"data\":\"shown\"}");
            tail.await(2);

            assertThat(events(tail).getFirst().path("data").isNull()).isTrue();
            assertThat(events(tail).getLast().path("data").asText()).isEqualTo("shown");
        }
        try (SseClient refused = tail("tenant=acme", ofAnn)) {
            assertThat(refused.status()).contains("403");
        }
    }

    @Test
    void number_of_tails_is_bounded() {
        List<SseClient> open = new ArrayList<>();
        try {
            // Others may still count.
            for (int i = 0; i <= Tails.MAX_OPEN; i++) {
                open.add(tail("tenant=bounded", null));
            }

            assertThat(open.getFirst().status()).contains("200");
            assertThat(open.getLast().status()).contains("503");
        } finally {
            open.forEach(SseClient::close);
        }
    }
}
