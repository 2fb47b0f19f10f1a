package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.containers.Servers;
import dev.carillon.node.TestCluster;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node of an earlier release beside one of this release, over one broker. */
@Tag("process")
@Tag("full")
class NeighbouringReleasesIT {
    @SuppressWarnings("NullAway.Init")
    private static EarlierRelease earlier;

    private final List<ReleasedNode> nodes = new ArrayList<>();

    @BeforeAll
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    static void build() throws Exception {
        earlier = EarlierRelease.build();
    }

    @AfterEach
    void stop() {
        nodes.forEach(ReleasedNode::close);
    }

    @Test
    @Tag("redis")
    void two_releases_are_one_cluster_over_redis() throws Exception {
        try (TestServer redis = Servers.redis()) {
            areOneCluster("redis://127.0.0.1:" + redis.port());
        }
    }

    @Test
    @Tag("nats")
    void two_releases_are_one_cluster_over_nats() throws Exception {
        try (TestServer nats = Servers.nats()) {
            areOneCluster("nats://127.0.0.1:" + nats.port());
        }
    }

    private void areOneCluster(String broker) throws Exception {
        ReleasedNode old = start(earlier, "n1", broker);
        ReleasedNode today = start(null, "n2", broker);

        List<String> last = broadcastsCross(old, today);
        retainedEventsCross(old, today);
        retainedEventsCross(today, old);
        callsCross(old, today);
        CounterTab tab = new CounterTab(old.port());
        pageCrosses(old, today, tab);

        // An upgrade, and a roll back: what this release has written is read by the earlier one.
        old.drain();
        tab.add(today.port(), "");
        CounterTab.awaitCount(today.port(), 12);
        ReleasedNode back = start(earlier, "n1", broker);
        resumes(back, last.getFirst());
        today.drain();
        tab.open(back.port()).close();
        tab.add(back.port(), "");
        CounterTab.awaitCount(back.port(), 15);
    }

    /** Returns the ids of the events. */
    private static List<String> broadcastsCross(ReleasedNode old, ReleasedNode today) {
        try (SseClient atOld = SseClient.open(old.port(), "/events?topic=news").opened();
                SseClient atToday =
                        SseClient.open(today.port(), "/events?topic=news").opened()) {
            broadcast(old, "one");
            broadcast(today, "two");
            broadcast(old, "three");
            for (SseClient client : List.of(atOld, atToday)) {
                client.awaitData("three");
                assertThat(client.data()).containsSubsequence("one", "two", "three");
            }
            return atToday.all().stream()
                    .filter(event -> "one".equals(event.data()))
                    .map(event -> String.valueOf(event.id()))
                    .toList();
        }
    }

    /** A client that comes later, to a node of the other release, receives the value. */
    private static void retainedEventsCross(ReleasedNode from, ReleasedNode to) {
        String topic = "kept-by-" + from.port();
        send(from, "{\"scope\":\"topic:" + topic + "\",\"data\":\"first\",\"key\":\"k\",\"retain\":true}");
        send(from, "{\"scope\":\"topic:" + topic + "\",\"data\":\"kept\",\"key\":\"k\",\"retain\":true}");
        Awaitility.await().untilAsserted(() -> {
            try (SseClient client = SseClient.open(to.port(), "/events?topic=" + topic)) {
                client.awaitData("kept");
                assertThat(client.data()).doesNotContain("first");
            }
        });
    }

    private static void broadcast(ReleasedNode at, String data) {
        send(at, "{\"scope\":\"topic:news\",\"data\":\"" + data + "\",\"tags\":{\"a\":\"b\"}}");
    }

    private static void send(ReleasedNode at, String event) {
        HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(at.uri("/broadcast"))
                .header("Authorization", "Bearer " + TestCluster.token())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(event))
                .build());
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 202);
    }

    /** A client that missed two events receives them at the earlier release. */
    private static void resumes(ReleasedNode at, String lastId) {
        try (SseClient client = SseClient.open(at.port(), "/events?topic=news", Map.of("Last-Event-ID", lastId))) {
            client.awaitData("three");
            assertThat(client.data()).containsSubsequence("two", "three").doesNotContain("one");
        }
    }

    private static void callsCross(ReleasedNode old, ReleasedNode today) {
        for (ReleasedNode node : List.of(old, today)) {
            Awaitility.await().untilAsserted(() -> {
                HttpResponse<String> health = TestCluster.get(node.adminPort(), "/_health/cluster");
                assertThat(health.body())
                        .contains("\"status\":\"ok\"", "\"n1\"", "\"n2\"")
                        .doesNotContain("\"reason\"");
            });
        }
        closes(old, today);
        closes(today, old);
    }

    /** An operator's request to one node closes a connection of the other. */
    private static void closes(ReleasedNode asked, ReleasedNode other) {
        String label = "of-" + other.port();
        try (SseClient client = SseClient.open(other.port(), "/events?topic=news&label=" + label)
                .opened()) {
            HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + asked.adminPort() + "/admin/connections?label=" + label))
                    .header("Authorization", "Bearer " + TestCluster.OPERATOR)
                    .DELETE()
                    .build());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            Awaitility.await().until(client::hasEnded);
        }
    }

    private static void pageCrosses(ReleasedNode old, ReleasedNode today, CounterTab tab) {
        // The step is state of the tab, which only its owner has.
        tab.add(old.port(), "3");
        CounterTab.awaitCount(today.port(), 3);
        // Passed on to the owner.
        tab.add(today.port(), "");
        CounterTab.awaitCount(old.port(), 6);
        // The page moves with its stream.
        tab.open(today.port()).close();
        assertThat(TestCluster.get(today.adminPort(), "/metrics").body())
                .containsPattern("carillon_pages_revivals_total\\{[^}]*result=\"revived\"[^}]*} 1\\.0");
        tab.add(today.port(), "");
        CounterTab.awaitCount(old.port(), 9);
    }

    /** @param earlier null: this release */
    private ReleasedNode start(@Nullable EarlierRelease earlier, String id, String broker) throws IOException {
        ReleasedNode node = new ReleasedNode(
                earlier,
                id,
                broker,
                ReleasedNode.Ports.free(),
                Map.of("CARILLON_DRAIN_NOTICE", "0s", "CARILLON_DRAIN_TIMEOUT", "2s"));
        nodes.add(node);
        Awaitility.await().until(() -> node.isReady());
        return node;
    }
}
