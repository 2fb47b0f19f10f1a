package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.process.FakeClock;
import dev.carillon.process.RedisServer;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two nodes with streams and users while the clock of their Redis jumps. */
@Tag("full")
@Tag("redis")
@Tag("cc")
class RedisClockNodesIT {
    private static final Map<String, String> ANN = user("ann");
    private static final Map<String, String> BOB = user("bob");

    private final FakeClock clock = new FakeClock();
    private final RedisServer server = new RedisServer(RedisServer.Program.REDIS, clock);
    private final TestCluster nodes =
            new TestCluster(server.address(), 2, Map.of("scope-policies", "topic:*=1000/24h/presence"));
    private final List<SseClient> clients = new ArrayList<>();

    @AfterEach
    void stop() {
        clients.forEach(SseClient::close);
        nodes.close();
        server.close();
        clock.close();
    }

    private static Map<String, String> user(String name) {
        return Map.of("Authorization", "Bearer " + TestCluster.tokenOf(name, "default"));
    }

    private SseClient open(int node, Map<String, String> user) {
        SseClient client = SseClient.open(nodes.node(node).port(), "/events?topic=room", user)
                .opened();
        clients.add(client);
        return client;
    }

    private String presence() {
        return TestCluster.send(HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + nodes.node(1).port() + "/presence?scope=topic:room"))
                        .header("Authorization", String.valueOf(ANN.get("Authorization")))
                        .build())
                .body();
    }

    /** Sends events through both nodes, so that each has run its regular tasks meanwhile. */
    private void broadcast(String prefix, SseClient... receivers) {
        for (int i = 0; i < 60; i++) {
            String data = prefix + i;
            TestCluster.broadcast(nodes.node(i % 2), "{\"scope\":\"topic:room\",\"data\":\"" + data + "\"}");
            for (SseClient receiver : receivers) {
                receiver.awaitData(data);
            }
        }
    }

    @Test
    void streams_and_users_stay_and_events_arrive_once_over_jumps() {
        SseClient ann = open(0, ANN);
        SseClient bob = open(1, BOB);
        await().until(() -> presence().contains("\"ann\"") && presence().contains("\"bob\""));

        int jump = 0;
        for (Duration difference : List.of(Duration.ofHours(1), Duration.ZERO, Duration.ofHours(-1), Duration.ZERO)) {
            clock.set(difference);
            broadcast("jump " + jump++ + "-", ann, bob);
            // Records that expired are written again by their nodes.
            await().until(() -> nodes.nodes().stream()
                    .allMatch(node ->
                            TestCluster.get(node.adminPort(), "/health").body().contains("\"ok\"")));
            await().until(() -> presence().contains("\"ann\"") && presence().contains("\"bob\""));
        }

        for (SseClient client : List.of(ann, bob)) {
            assertThat(client.hasEnded()).isFalse();
            assertThat(client.data()).hasSize(240).doesNotHaveDuplicates();
            assertThat(types(client)).doesNotContain("carillon.gap", "carillon.leave");
        }
    }

    private static List<String> types(SseClient client) {
        return client.all().stream().map(event -> String.valueOf(event.type())).toList();
    }
}
