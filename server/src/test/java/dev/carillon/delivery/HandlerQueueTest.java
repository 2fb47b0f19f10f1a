package dev.carillon.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Platform;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HandlerQueueTest {
    private static final Comparator<String> BY_NUMBER = Comparator.comparingInt(Integer::parseInt);

    private final Counter gaps = new SimpleMeterRegistry().counter("gaps");
    private final List<String> handled = new CopyOnWriteArrayList<>();
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);

    /** Blocks in its first event. */
    private final EventHandler slow = new EventHandler() {
        @Override
        public void event(Event event, String id) {
            entered.countDown();
            try {
                release.await();
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
    void slow_handler_receives_one_gap_for_the_events_that_did_not_fit() throws InterruptedException {
        MemoryBudget budget = MemoryBudget.unlimited();
        HandlerQueue queue = blocked(budget);
        for (int i = 1; i <= 2 * HandlerQueue.MAX_EVENTS; i++) {
            queue.event(event("x"), "" + i);
        }
        release.countDown();
        await().until(() -> handled.contains("SLOW"));
        queue.event(event("x"), "99999");
        await().until(() -> handled.getLast().equals("99999"));

        assertThat(handled).hasSize(HandlerQueue.MAX_EVENTS + 3);
        assertThat(handled.indexOf("SLOW")).isEqualTo(handled.size() - 2);
        handled.remove("SLOW");
        assertThat(handled).isSortedAccordingTo(BY_NUMBER);
        assertThat(gaps.count()).isEqualTo(1);
        assertThat(budget.used()).isZero();
    }

    @Test
    void queue_is_limited_in_bytes_of_whole_events() throws InterruptedException {
        HandlerQueue queue = blocked(MemoryBudget.unlimited());
        Event large = Event.to(Scope.topic("t".repeat(1_000))).data("").build();
        for (int i = 1; i <= HandlerQueue.MAX_EVENTS; i++) {
            queue.event(large, "" + i);
        }
        release.countDown();
        await().until(() -> handled.contains("SLOW"));

        assertThat(handled).hasSizeBetween(2_000, (int) (HandlerQueue.MAX_BYTES / 2_000) + 2);
    }

    @Test
    void queue_is_limited_by_the_memory_budget() throws InterruptedException {
        MemoryBudget budget = new MemoryBudget(100_000, new SimpleMeterRegistry());
        HandlerQueue queue = blocked(budget);
        for (int i = 1; i <= 1_000; i++) {
            queue.event(event("x"), "" + i);
        }
        assertThat(budget.used()).isBetween(50_000L, 100_000L);
        release.countDown();
        await().until(() -> handled.contains("SLOW"));

        assertThat(handled).hasSizeBetween(50, 200);
        assertThat(budget.used()).isZero();
    }

    @Test
    void gaps_keep_their_order_among_events_and_each_kind_is_queued_once() throws InterruptedException {
        HandlerQueue queue = blocked(MemoryBudget.unlimited());
        queue.event(event("x"), "1");
        queue.gap(EventHandler.Gap.LATE);
        queue.gap(EventHandler.Gap.LATE);
        queue.event(event("x"), "2");
        for (int i = 3; i <= HandlerQueue.MAX_EVENTS + 10; i++) {
            queue.event(event("x"), "" + i);
        }
        queue.gap(EventHandler.Gap.EPOCH);
        release.countDown();
        await().until(() -> handled.contains("EPOCH"));

        assertThat(handled.subList(0, 4)).containsExactly("0", "1", "LATE", "2");
        assertThat(handled.subList(handled.size() - 2, handled.size())).containsExactlyInAnyOrder("SLOW", "EPOCH");
    }

    @Test
    void handler_that_throws_receives_the_next_event_and_calls_do_not_overlap() {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger maxRunning = new AtomicInteger();
        HandlerQueue queue = queue(
                (event, id) -> {
                    maxRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
                    handled.add(id);
                    running.decrementAndGet();
                    if (handled.size() % 2 == 0) {
                        throw new AssertionError("by the test");
                    }
                    throw new IllegalStateException("by the test");
                },
                MemoryBudget.unlimited());
        for (int i = 0; i < 100; i++) {
            queue.event(event("x"), "" + i);
        }
        await().until(() -> handled.size() == 100);

        assertThat(maxRunning).hasValue(1);
        assertThat(handled).isSortedAccordingTo(BY_NUMBER);
    }

    @Test
    void queued_events_are_dropped_when_the_queue_is_closed() throws InterruptedException {
        MemoryBudget budget = MemoryBudget.unlimited();
        HandlerQueue queue = queue(slow, budget);
        queue.event(event("x"), "0");
        entered.await();
        for (int i = 1; i < 10; i++) {
            queue.event(event("x"), "" + i);
        }
        queue.close();
        queue.event(event("x"), "after");
        assertThat(budget.used()).isZero();
        release.countDown();
        await().until(() -> handled.contains("0"));
        // A call of another queue comes after any remaining call of this one.
        HandlerQueue other = queue((event, id) -> handled.add(id), budget);
        other.event(event("x"), "other");
        await().until(() -> handled.contains("other"));

        assertThat(handled).containsExactly("0", "other");
    }

    /** A queue whose handler is blocked in event 0. */
    private HandlerQueue blocked(MemoryBudget budget) throws InterruptedException {
        HandlerQueue queue = queue(slow, budget);
        queue.event(event("x"), "0");
        entered.await();
        return queue;
    }

    private HandlerQueue queue(EventHandler handler, MemoryBudget budget) {
        return new HandlerQueue(
                handler, budget, gaps, Platform.system().threads().each("test"));
    }

    private static Event event(String data) {
        return Event.to(Scope.GLOBAL).data(data).build();
    }
}
