package dev.carillon.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.client.FeedEvent;
import dev.carillon.client.Gap;
import dev.carillon.client.HistoryPage;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LiveEmitterTest {
    private static final CarillonProperties.Emitters LIMITS =
            new CarillonProperties.Emitters(10, 3, 300_000, Duration.ofMillis(100));

    private final CountDownLatch reading = new CountDownLatch(1);
    private final AtomicInteger left = new AtomicInteger();

    private volatile String endsWhileJoining = "";

    private final EventSource source = new EventSource() {
        @Override
        public String join(LiveEmitter emitter) {
            if (!endsWhileJoining.isEmpty()) {
                emitter.end(endsWhileJoining);
            }
            return "cursor:1";
        }

        @Override
        public HistoryPage history(List<String> scopes, String after) {
            return new HistoryPage(List.of(), after, false, true);
        }

        @Override
        public void leave(LiveEmitter emitter) {
            left.incrementAndGet();
        }
    };

    private final RecordedEmitter client = new RecordedEmitter();

    /** Its client reads nothing after the first event, until the test lets it. */
    private final RecordedEmitter slowClient = new RecordedEmitter() {
        @Override
        public void send(SseEventBuilder builder) throws IOException {
            if (!sent.isEmpty()) {
                try {
                    reading.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            super.send(builder);
        }
    };

    private LiveEmitter start(RecordedEmitter to, String lastEventId) {
        LiveEmitter emitter =
                new LiveEmitter(new SseOutput(to), Set.of("a"), lastEventId, LIMITS, SystemRuntime.INSTANCE);
        Thread.ofVirtual().start(() -> emitter.run(source));
        await().until(() -> !to.sent.isEmpty());
        return emitter;
    }

    private static FeedEvent event(String data) {
        return new FeedEvent(Optional.of("id"), "t", data, List.of("topic:a"));
    }

    @Test
    void events_gaps_and_heartbeats_are_written_as_by_a_node() {
        LiveEmitter emitter = start(client, "");
        emitter.add(event("  one\r two"));
        emitter.add(new Gap("slow", Optional.of("cursor:9"), 4));
        await().until(() -> client.sent.contains(":\n\n"));
        emitter.end("stopping");
        await().until(() -> client.complete);

        assertThat(client.sent.getFirst())
                .matches("retry:\\d+\nevent:carillon.open\nid:cursor:1\ndata:\\{\"resumed\":false}\n\n");
        assertThat(client.sent).contains("id:id\nevent:t\ndata:   one\ndata:  two\n\n");
        assertThat(client.sent)
                .contains("event:carillon.gap\ndata:{\"reason\":\"slow\",\"after\":\"cursor:9\",\"dropped\":4}\n\n");
        assertThat(client.sent.getLast())
                .matches("retry:\\d+\nevent:carillon.close\ndata:\\{\"reason\":\"stopping\"}\n\n");
        assertThat(left).hasValue(1);
    }

    @Test
    void slow_client_is_disconnected_when_its_queue_is_full() {
        LiveEmitter emitter = start(slowClient, "");
        for (int i = 0; i < 10; i++) {
            emitter.add(event("x"));
        }
        reading.countDown();

        await().until(() -> slowClient.complete);
        assertThat(slowClient.sent.getLast()).contains("\"reason\":\"slow\"");
        assertThat(slowClient.data().size()).isLessThanOrEqualTo(1);
    }

    @Test
    void slow_client_is_disconnected_when_its_events_are_too_large() {
        LiveEmitter emitter = start(slowClient, "");
        emitter.add(event("x".repeat(200_000)));
        emitter.add(event("x".repeat(200_000)));
        reading.countDown();

        await().until(() -> slowClient.complete);
        assertThat(slowClient.sent.getLast()).contains("\"reason\":\"slow\"");
    }

    @Test
    void client_whose_missed_events_are_not_stored_receives_a_gap() {
        LiveEmitter emitter = start(client, "id");
        emitter.add(event("live"));

        await().until(() -> client.data().contains("live"));
        assertThat(client.sent.get(1)).isEqualTo("event:carillon.gap\ndata:{\"reason\":\"history\"}\n\n");
        emitter.end("stopping");
    }

    @Test
    void emitter_whose_topics_are_withdrawn_while_it_joins_has_no_event_but_the_reason() {
        endsWhileJoining = "revoked";
        start(client, "id");

        await().until(() -> client.complete);
        assertThat(client.sent).singleElement().asString().contains("\"reason\":\"revoked\"");
    }
}
