package dev.carillon.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ListeningTest {
    private final Counter gaps = new SimpleMeterRegistry().counter("gaps");
    private final List<String> handled = new CopyOnWriteArrayList<>();
    private final CountDownLatch go = new CountDownLatch(1);

    /** Waits with its first event. */
    private final EventHandler slow = new EventHandler() {
        @Override
        public void event(Event event, String id) {
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            handled.add(id);
        }

        @Override
        public void gap(Gap gap) {
            handled.add(gap.name());
        }
    };

    @Test
    void slow_handler_is_told_once_of_what_its_queue_had_no_room_for() {
        Listening listening = new Listening(slow, gaps, "test");
        for (int i = 0; i < 2 * Listening.MAX_EVENTS; i++) {
            listening.event(event("x"), "" + i);
        }
        go.countDown();
        await().until(() -> handled.contains("SLOW"));
        listening.event(event("x"), "last");
        await().until(() -> handled.getLast().equals("last"));

        // One more than the queue takes may have been on its way already.
        assertThat(handled).hasSizeBetween(Listening.MAX_EVENTS + 2, Listening.MAX_EVENTS + 3);
        assertThat(handled.indexOf("SLOW")).isEqualTo(handled.size() - 2);
        assertThat(handled.subList(0, handled.size() - 2))
                .isSortedAccordingTo(java.util.Comparator.comparingInt(Integer::parseInt));
        assertThat(gaps.count()).isEqualTo(1);
    }

    @Test
    void queue_is_bounded_by_characters_too_and_takes_one_event_of_any_size() {
        Listening listening = new Listening(slow, gaps, "test");
        String data = "x".repeat(Event.MAX_DATA_BYTES);
        int fit = Listening.MAX_CHARACTERS / Event.MAX_DATA_BYTES;
        for (int i = 0; i < 3 * fit; i++) {
            listening.event(event(data), "" + i);
        }
        go.countDown();
        await().until(() -> handled.contains("SLOW"));

        assertThat(handled).hasSizeBetween(fit + 1, fit + 2);
    }

    @Test
    void handler_that_throws_gets_the_next_event_and_calls_do_not_overlap() {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Listening listening = new Listening(
                (event, id) -> {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    handled.add(id);
                    inside.decrementAndGet();
                    throw new IllegalStateException("the test's own");
                },
                gaps,
                "test");
        for (int i = 0; i < 100; i++) {
            listening.event(event("x"), "" + i);
        }
        await().until(() -> handled.size() == 100);

        assertThat(most).hasValue(1);
        assertThat(handled).isSortedAccordingTo(java.util.Comparator.comparingInt(Integer::parseInt));
    }

    @Test
    void what_waits_when_listening_ends_is_not_handed_on() {
        Listening listening = new Listening(slow, gaps, "test");
        for (int i = 0; i < 10; i++) {
            listening.event(event("x"), "" + i);
        }
        listening.close();
        listening.event(event("x"), "after");
        go.countDown();
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("test")));

        assertThat(handled).hasSizeLessThanOrEqualTo(1).doesNotContain("after");
    }

    private static Event event(String data) {
        return Event.to(Scope.GLOBAL).data(data).build();
    }
}
