package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.testkit.SseClient;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two nodes whose broker has no space left, under traffic, until it has space again. */
abstract class FullBrokerContract {
    /** A few hundred events fill the space. */
    private static final int PADDING = 2_000;

    private static final int SOME = 50;

    /** Its address; started before, with space for some events. */
    protected abstract String broker();

    /** Lets the traffic use up the space. */
    protected abstract void fill();

    /** Gives it space again, as an operator does. */
    protected abstract void makeSpace();

    /** Whether {@link #makeSpace} ends connections, or begins an epoch. */
    protected abstract boolean restarts();

    /** A part of the reason in an answer to a broadcast. */
    protected abstract String reason();

    protected abstract void restart();

    protected abstract void stop();

    @AfterEach
    void end() {
        stop();
    }

    @Test
    void broadcasts_are_refused_and_streams_stay_open_until_there_is_space_and_every_acknowledged_event_arrives()
            throws InterruptedException {
        try (TestCluster nodes = new TestCluster(broker(), 2, Map.of());
                SseClient one = client(nodes.node(0));
                SseClient two = client(nodes.node(1));
                RepeatedBroadcasts traffic = new RepeatedBroadcasts(nodes, "full", PADDING)) {
            traffic.awaitMore(SOME);
            fill();

            // The first refusals may be of the moment at which the space ended.
            await().untilAsserted(() -> assertThat(traffic.awaitRefusal()).contains(reason()));
            for (Node node : nodes.nodes()) {
                await().until(() -> health(node).contains("\"degraded\""));
                assertThat(TestCluster.get(node.port(), "/_health").statusCode())
                        .isEqualTo(200);
            }
            assertThat(Stream.of(one, two)).noneMatch(SseClient::hasEnded);

            makeSpace();
            traffic.awaitMore(SOME);
            for (Node node : nodes.nodes()) {
                await().until(() -> health(node).contains("\"ok\""));
            }
            traffic.stop();
            traffic.requireTemporaryRefusals();
            for (SseClient client : List.of(one, two)) {
                client.awaitData(traffic.acknowledged().getLast());
                assertThat(client.hasEnded()).isFalse();
                assertThat(numbers(client))
                        .containsAll(numbersOf(traffic.acknowledged()))
                        .doesNotHaveDuplicates();
                if (!restarts()) {
                    assertThat(numbers(client)).isSorted();
                    assertThat(gaps(client)).isEmpty();
                }
            }

            restart();
            try (RepeatedBroadcasts after = new RepeatedBroadcasts(nodes, "after", 1)) {
                after.awaitMore(1);
            }
            List<Integer> acknowledged = numbersOf(traffic.acknowledged());
            try (SseClient late = SseClient.open(nodes.node(0).port(), "/events?topic=full&lastEventID=full-0")) {
                late.awaitData(traffic.acknowledged().getLast());
                assertThat(numbers(late))
                        .containsAll(acknowledged.subList(1, acknowledged.size()))
                        .doesNotHaveDuplicates();
            }
        }
    }

    private static SseClient client(Node node) {
        return SseClient.open(node.port(), "/events?topic=full").opened();
    }

    private static String health(Node node) {
        return TestCluster.get(node.port(), "/_health").body();
    }

    private static List<Integer> numbers(SseClient client) {
        return numbersOf(client.data());
    }

    private static List<Integer> numbersOf(List<String> data) {
        return data.stream()
                .map(text -> Integer.valueOf(text.substring(0, text.indexOf(' '))))
                .toList();
    }

    private static List<String> gaps(SseClient client) {
        return client.all().stream()
                .filter(event -> "carillon.gap".equals(event.type()))
                .map(SseClient.Received::data)
                .toList();
    }
}
