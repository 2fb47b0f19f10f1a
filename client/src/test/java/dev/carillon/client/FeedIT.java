package dev.carillon.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.TestCluster;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A connection whose topics change, at a cluster of two nodes. */
class FeedIT {
    private final Queue<String> seen = new ConcurrentLinkedQueue<>();

    private final class Listener implements FeedListener {
        @Override
        public void event(FeedEvent event) {
            seen.add(String.join(",", event.scopes()) + " " + event.type() + " " + event.data());
        }

        @Override
        public void gap(Gap gap) {
            seen.add("gap " + gap.reason());
        }

        @Override
        public void failed(ClientException reason) {
            seen.add("failed");
        }
    }

    private static URI address(TestCluster cluster, int node) {
        return URI.create("http://127.0.0.1:" + cluster.node(node).port());
    }

    @Test
    void feed_has_the_events_of_its_topics_with_their_scopes_and_goes_on_at_another_node() throws InterruptedException {
        try (TestCluster cluster = new TestCluster("memory://feed-it", 2, Map.of());
                CarillonClient client = CarillonClient.builder(address(cluster, 0), address(cluster, 1))
                        .token(TestCluster::token)
                        .build();
                Feed feed = client.feed(new Listener())) {
            await().until(feed::isConnected);
            client.broadcast(Broadcast.to("topic:a").retained().data("retained, before"));
            feed.subscribe(List.of("a", "b"));
            assertThat(client.history(List.of("topic:a"), feed.mark(cursor -> {}), 10)
                            .events())
                    .as("events before the subscription are before its position")
                    .isEmpty();
            client.broadcast(Broadcast.to("topic:a", "topic:b").type("t").json("{\"n\":1.0}"));
            client.broadcast(Broadcast.to("topic:c").data("of another topic"));
            client.broadcast(Broadcast.to("global").data("all\nlines"));
            await().untilAsserted(() ->
                    assertThat(seen).containsExactly("topic:a,topic:b t {\"n\":1.0}", "global message all\nlines"));

            seen.clear();
            feed.unsubscribe(List.of("a"));
            client.broadcast(Broadcast.to("topic:a").data("removed"));
            String mark = feed.mark(cursor -> seen.add("mark"));
            client.broadcast(Broadcast.to("topic:b").data("after the mark"));
            await().until(() -> seen.size() == 2);
            assertThat(seen).containsExactly("mark", "topic:b message after the mark");
            assertThat(client.history(List.of("topic:b"), mark, 10).events())
                    .extracting(FeedEvent::data)
                    .containsExactly("after the mark");

            seen.clear();
            cluster.node(0).close();
            for (int i = 1; i <= 20; i++) {
                TestCluster.broadcast(cluster.node(1), "{\"scope\":\"topic:b\",\"data\":" + i + "}");
            }
            await().until(() -> seen.size() == 21);
            assertThat(seen.remove()).isEqualTo("failed");
            assertThat(seen)
                    .containsExactlyElementsOf(IntStream.rangeClosed(1, 20)
                            .mapToObj(i -> "topic:b message " + i)
                            .toList());
        }
    }

    @Test
    void feed_with_a_thousand_long_topics_goes_on_at_another_node() throws InterruptedException {
        List<String> topics = IntStream.range(0, 1_000)
                .mapToObj(i -> String.format("%060d", i))
                .toList();
        try (TestCluster cluster = new TestCluster("memory://feed-it-many", 2, Map.of());
                CarillonClient client = CarillonClient.builder(address(cluster, 0), address(cluster, 1))
                        .token(TestCluster::token)
                        .build();
                Feed feed = client.feed(new Listener())) {
            await().until(feed::isConnected);
            feed.subscribe(topics);
            client.broadcast(Broadcast.to("topic:" + topics.getLast()).data("before"));
            await().until(() -> seen.size() == 1);

            cluster.node(0).close();
            for (String scope : List.of("global", "topic:" + topics.getFirst(), "topic:" + topics.getLast())) {
                TestCluster.broadcast(cluster.node(1), "{\"scope\":\"" + scope + "\",\"data\":\"missed\"}");
            }
            TestCluster.broadcast(
                    cluster.node(1),
                    "{\"scopes\":[\"global\",\"topic:" + topics.getFirst() + "\"],\"data\":\"missed\"}");
            await().until(feed::isConnected);
            client.broadcast(Broadcast.to("topic:" + topics.get(500)).data("live"));
            await().until(() -> seen.stream().anyMatch(event -> event.endsWith("live")));
            assertThat(seen).filteredOn(event -> event.endsWith("missed")).hasSize(4);
            assertThat(seen).filteredOn(event -> event.startsWith("gap")).isEmpty();
            assertThat(seen).hasSize(7);
        }
    }

    @Test
    @Tag("full")
    void topic_that_is_removed_without_a_connection_does_not_cost_a_gap() throws InterruptedException {
        try (TestCluster cluster = new TestCluster("memory://feed-it-removed", 2, Map.of());
                CarillonClient client = CarillonClient.builder(address(cluster, 0), address(cluster, 1))
                        .token(TestCluster::token)
                        .build();
                Feed feed = client.feed(new Listener())) {
            await().until(feed::isConnected);
            feed.subscribe(List.of("a", "b"));
            // An id of its own is looked for in the topics of the connection; one of a node has its position in it.
            client.broadcast(Broadcast.to("topic:a").id("own-1").data("the position"));
            await().until(() -> seen.size() == 1);
            cluster.node(0).close();
            await().until(() -> seen.contains("failed"));
            feed.unsubscribe(List.of("a"));
            await().until(feed::isConnected);
            // Waits for the removal, and for the reply of another one.
            feed.unsubscribe(List.of("a"));
            String _ = feed.mark(cursor -> {});
            client.broadcast(Broadcast.to("topic:a").data("removed"));
            client.broadcast(Broadcast.to("topic:b").data("kept"));
            await().until(() -> seen.contains("topic:b message kept"));
            assertThat(seen).containsExactly("topic:a message the position", "failed", "topic:b message kept");
        }
    }

    @Test
    void history_is_read_in_pages_and_position_is_its_end() throws InterruptedException {
        try (TestCluster cluster = new TestCluster("memory://feed-it-history", 1, Map.of());
                CarillonClient client = CarillonClient.builder(address(cluster, 0))
                        .token(TestCluster::token)
                        .build()) {
            String first = client.broadcast(Broadcast.to("topic:a").data("1"));
            client.broadcast(Broadcast.to("topic:a").data("2"));
            client.broadcast(Broadcast.to("topic:a").json("[3]"));

            HistoryPage page = client.history(List.of("topic:a"), first, 1);
            assertThat(page.more()).isTrue();
            assertThat(page.events()).extracting(FeedEvent::data).containsExactly("2");
            HistoryPage last = client.history(List.of("topic:a"), page.last(), 1);
            assertThat(last.events()).extracting(FeedEvent::data).containsExactly("[3]");
            assertThat(client.history(List.of("topic:a"), client.position("topic:a"), 1)
                            .events())
                    .isEmpty();
            assertThat(catchThrowableOfType(
                                    ClientException.class, () -> client.history(List.of("topic:a"), "unknown", 1))
                            .code())
                    .isEqualTo("invalid-cursor");
        }
    }

    @Test
    void feed_without_a_connection_refuses_topics() {
        try (CarillonClient client =
                        CarillonClient.builder(URI.create("http://127.0.0.1:1")).build();
                Feed feed = client.feed(new Listener())) {
            await().until(() -> seen.contains("failed"));
            assertThat(catchThrowableOfType(ClientException.class, () -> feed.subscribe(List.of("a")))
                            .code())
                    .isEqualTo(ClientException.UNREACHABLE);
            assertThat(feed.isConnected()).isFalse();
        }
    }
}
