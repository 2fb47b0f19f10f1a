package dev.carillon.tail;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A tail selects events by scope, hides private data, and is bounded. */
class TailTest {
    private final Counter dropped = new SimpleMeterRegistry().counter("dropped");
    private final AtomicInteger closed = new AtomicInteger();

    private Tail tail(String... scopes) {
        List<Selector> selectors = new ArrayList<>();
        for (String scope : scopes) {
            selectors.add(new Selector(scope));
        }
        return new Tail(selectors, () -> Instant.EPOCH, dropped, tail -> closed.incrementAndGet());
    }

    private static Event event(String topic, String data) {
        return Event.to(Scope.topic(topic)).data(data).build();
    }

    private static JsonNode next(Tail tail) throws IOException, InterruptedException {
        return new ObjectMapper().readTree(tail.next(0, TimeUnit.SECONDS).orElseThrow());
    }

    @Test
    void events_are_selected_by_any_of_their_scopes() throws IOException, InterruptedException {
        Tail tail = tail("topic:orders/*");
        tail.event(event("news", "other"), "1");
        tail.event(
                Event.to(Scope.topic("news"), Scope.topic("orders/7"))
                        .type("order")
                        .data("mine")
                        .build(),
                "2");

        JsonNode only = next(tail);

        assertThat(only.path("id").asText()).isEqualTo("2");
        assertThat(only.path("type").asText()).isEqualTo("order");
        assertThat(only.path("data").asText()).isEqualTo("mine");
        assertThat(only.path("scopes")).hasSize(2);
        assertThat(tail.next(0, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void data_of_private_events_is_hidden_unless_it_is_uncovered() throws IOException, InterruptedException {
        Tail tail = tail("*");
        Event secret = Event.to(Scope.user("ann")).data("sécret").build();
        tail.event(secret, "1");
        tail.uncover(event -> event.scopes().contains(Scope.user("ann")));
        tail.event(secret, "2");
        tail.event(Event.to(Scope.user("ben")).data("other").build(), "3");

        JsonNode hidden = next(tail);
        assertThat(hidden.path("data").isNull()).isTrue();
        assertThat(hidden.path("bytes").asInt()).isEqualTo(7);
        assertThat(hidden.path("private").asBoolean()).isTrue();
        assertThat(next(tail).path("data").asText()).isEqualTo("sécret");
        assertThat(next(tail).path("data").isNull()).isTrue();
    }

    @Test
    void slow_reader_is_told_how_many_events_were_left_out() throws IOException, InterruptedException {
        Tail tail = tail("*");
        for (int i = 0; i < Tail.MAX_QUEUED + 25; i++) {
            tail.event(event("a", "x"), "" + i);
        }
        for (int i = 0; i < Tail.MAX_QUEUED; i++) {
            assertThat(next(tail).path("id").asText()).isEqualTo("" + i);
        }

        assertThat(next(tail).path("left_out").asInt()).isEqualTo(25);
        assertThat(dropped.count()).isEqualTo(25);
        tail.event(event("a", "x"), "after");
        assertThat(next(tail).path("id").asText()).isEqualTo("after");
    }

    @Test
    void queue_is_bounded_by_characters() throws IOException, InterruptedException {
        Tail tail = tail("*");
        String large = "x".repeat(200_000);
        for (int i = 0; i < 50; i++) {
            tail.event(event("a", large), "" + i);
        }
        int read = 0;
        JsonNode last = next(tail);
        while (last.has("id")) {
            read++;
            last = next(tail);
        }

        assertThat(read).isLessThanOrEqualTo(Tail.MAX_CHARS / large.length());
        assertThat(last.path("left_out").asInt()).isEqualTo(50 - read);
    }

    @Test
    void gaps_are_told_and_a_closed_tail_ends() throws IOException, InterruptedException {
        Tail tail = tail("*");
        tail.gap(EventHandler.Gap.LOST);
        assertThat(next(tail).path("gap").asText()).isEqualTo("lost");
        AtomicInteger ended = new AtomicInteger();
        tail.started(ended::incrementAndGet);

        tail.close();
        tail.event(event("a", "x"), "1");

        assertThat(tail.isClosed()).isTrue();
        assertThat(tail.next(0, TimeUnit.SECONDS)).isEmpty();
        assertThat(ended).hasValue(1);
        assertThat(closed).hasValue(1);
        tail.started(ended::incrementAndGet);
        assertThat(ended).hasValue(2);
    }
}
