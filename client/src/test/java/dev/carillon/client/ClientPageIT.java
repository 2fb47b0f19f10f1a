package dev.carillon.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.TestCluster;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The code of docs/client-java.md, on a cluster of two nodes. */
class ClientPageIT {
    private static final Path SOURCE = Path.of("src/test/java/dev/carillon/client/ClientPageIT.java");

    private final ConcurrentLinkedQueue<String> shown = new ConcurrentLinkedQueue<>();
    private volatile String stored = "";

    @Test
    void code_of_the_page_is_that_of_this_test() throws IOException {
        String source = words(Files.readString(SOURCE));

        List<String> blocks = Pattern.compile("(?s)```java\\n(.*?)```")
                .matcher(Files.readString(Path.of("../docs/client-java.md")))
                .results()
                .map(block -> words(block.group(1)))
                .toList();

        assertThat(blocks).isNotEmpty().allSatisfy(block -> assertThat(source).contains(block));
    }

    @Test
    void backend_broadcasts_and_another_one_receives_at_another_node() throws InterruptedException {
        try (TestCluster cluster = new TestCluster("memory://client-page", 2, Map.of())) {
            URI first = URI.create("http://127.0.0.1:" + cluster.node(0).port());
            URI second = URI.create("http://127.0.0.1:" + cluster.node(1).port());
            try (CarillonClient client = client(first);
                    CarillonClient other = client(second)) {
                Subscription subscription = subscribe(other);
                await().until(() -> subscription.position().isPresent());

                assertThat(broadcast(client)).startsWith("urn:uuid:");
                assertThat(batch(client)).containsExactly(true, false);

                await().untilAsserted(() ->
                        assertThat(shown).containsExactly("changed {\"id\":7,\"status\":\"sent\"}", "message hello"));
                subscription.close();
                shown.clear();
                client.broadcast(Broadcast.to("topic:orders").data("missed"));
                Subscription resumed = resume(other);
                await().untilAsserted(() -> assertThat(shown).containsExactly("message missed"));
                resumed.close();
                try (Feed feed = feed(other)) {
                    await().until(feed::isConnected);
                    feed.subscribe(List.of("orders"));
                    client.broadcast(Broadcast.to("topic:orders").data("fed"));
                    await().untilAsserted(() -> assertThat(shown).contains("[topic:orders] fed"));
                }
                assertThat(resumed.isClosed()).isTrue();
            }
        }
    }

    private CarillonClient client(URI cluster) {
        CarillonClient client = CarillonClient.builder(cluster)
                .token(() -> token()) // called for each request and stream
                .build();
        return client;
    }

    private String broadcast(CarillonClient client) throws InterruptedException {
        String id = client.broadcast(
                Broadcast.to("topic:orders", "user:ann").type("changed").json("{\"id\":7,\"status\":\"sent\"}"));
        return id;
    }

    private List<Boolean> batch(CarillonClient client) throws InterruptedException {
        List<BroadcastResult> results = client.broadcast(List.of(
                Broadcast.to("topic:orders").data("hello"),
                Broadcast.to("no scope").data("refused")));
        return results.stream().map(BroadcastResult::isAccepted).toList();
    }

    private Subscription subscribe(CarillonClient client) {
        Subscription subscription = client.subscribe(Subscribe.topics("orders").label("billing"), new EventListener() {
            @Override
            public void event(ReceivedEvent event) {
                show(event.type() + " " + event.data());
                event.id().ifPresent(id -> stored = id);
            }

            @Override
            public void gap(Gap gap) {
                loadEverything();
            }
        });
        return subscription;
    }

    private Subscription resume(CarillonClient client) {
        Subscription subscription = client.subscribe(
                Subscribe.topics("orders").after(stored), event -> show(event.type() + " " + event.data()));
        return subscription;
    }

    private Feed feed(CarillonClient client) {
        Feed feed = client.feed(new FeedListener() {
            @Override
            public void event(FeedEvent event) {
                show(event.scopes() + " " + event.data());
            }

            @Override
            public void gap(Gap gap) {
                loadEverything();
            }
        });
        return feed;
    }

    private void show(String text) {
        shown.add(text);
    }

    private void loadEverything() {
        shown.add("gap");
    }

    private static String token() {
        return TestCluster.token();
    }

    /** Without what the format of the source adds: indentation and line breaks. */
    private static String words(String code) {
        return Optional.of(code).map(text -> text.replaceAll("\\s+", "")).orElseThrow();
    }
}
