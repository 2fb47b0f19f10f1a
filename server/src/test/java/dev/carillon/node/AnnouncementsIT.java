package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Announcements of subscriptions beside the events of their tenant. */
class AnnouncementsIT {
    private static final String ROOT = "/.well-known/mercure/subscriptions";
    private static final String EACH = ROOT + "/{topic}/{subscriber}";

    private final String token = Hub.token(List.of("*"), List.of(ROOT, EACH));

    @Test
    void any_number_of_subscriptions_pushes_out_no_event_of_the_tenant() {
        try (TestCluster cluster =
                        new TestCluster("memory", 1, Map.of("mercure-subscriptions", "true", "log-max-events", "5"));
                SseClient watcher = watch(cluster.node(0), "")) {
            Node node = cluster.node(0);
            Hub.publish(node, "topic", "https://kept.test/1", "data", "kept");
            List<SseClient> flood = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                flood.add(Hub.subscribe(node, "https://flood.test/" + i));
            }
            await().until(() -> announced(watcher, "flood.test") == 40);
            flood.forEach(SseClient::close);
            await().until(() -> announced(watcher, "flood.test") == 80);

            try (SseClient late =
                    SseClient.open(node.port(), Hub.subscription("https://kept.test/1") + "&lastEventID=earliest")) {
                late.awaitData("kept");
                assertThat(late.all()).extracting(SseClient.Received::data).containsExactly("kept");
            }
        }
    }

    @Test
    void announcements_have_no_id_and_are_repeated_from_the_time_of_the_list_on() throws Exception {
        try (TestCluster cluster = new TestCluster("memory", 2, Map.of("mercure-subscriptions", "true"));
                SseClient watcher = watch(cluster.node(0), "")) {
            Hub.publish(cluster.node(0), "topic", "https://any.test/", "data", "x");
            String list = TestCluster.send(HttpRequest.newBuilder(URI.create(
                                    "http://127.0.0.1:" + cluster.node(1).port() + ROOT))
                            .header("Authorization", "Bearer " + token)
                            .build())
                    .body();
            String last = new JsonMapper().readTree(list).get("lastEventID").asText();
            SseClient between = Hub.subscribe(cluster.node(1), "https://between.test/");
            await().until(() -> announced(watcher, "between.test") == 1);
            between.close();
            await().until(() -> announced(watcher, "between.test") == 2);

            try (SseClient later = watch(cluster.node(1), "&lastEventID=" + Hub.encoded(last))) {
                await().until(() -> announced(later, "between.test") == 2);
                SseClient.Received first = later.all().stream()
                        .filter(event -> event.data().contains("between.test"))
                        .findFirst()
                        .orElseThrow();
                assertThat(first.id()).isNull();
                assertThat(first.data()).contains("\"active\":true");
                SseClient after = Hub.subscribe(cluster.node(0), "https://after.test/");
                await().until(() -> announced(later, "after.test") == 1);
                after.close();
            }
        }
    }

    @Test
    void subscriber_to_everything_has_updates_and_the_announcements_that_it_may_have() {
        try (TestCluster cluster = new TestCluster("memory", 1, Map.of("mercure-subscriptions", "true"));
                SseClient granted = SseClient.open(
                        cluster.node(0).port(), Hub.subscription("*"), Hub.bearer(Hub.token(List.of(), List.of("*"))));
                SseClient stranger = Hub.subscribe(cluster.node(0), "*")) {
            SseClient other = Hub.subscribe(cluster.node(0), "https://other.test/");
            await().until(() -> announced(granted, "other.test") == 1);
            Hub.publish(cluster.node(0), "topic", "https://other.test/", "data", "update");
            List.of(granted, stranger, other).forEach(client -> client.awaitData("update"));

            assertThat(stranger.data()).containsExactly("update");
            other.close();
        }
    }

    private SseClient watch(Node node, String more) {
        return SseClient.open(node.port(), Hub.subscription(EACH) + more, Hub.bearer(token));
    }

    private static long announced(SseClient watcher, String part) {
        return watcher.data().stream()
                .filter(data -> data.contains("\"topic\":\"https://" + part))
                .count();
    }
}
