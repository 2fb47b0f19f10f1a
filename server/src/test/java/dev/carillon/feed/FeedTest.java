package dev.carillon.feed;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.memory.MemoryOutage;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.Patience;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FeedTest {
    private static final Scope A = Scope.topic("a");
    private static final Scope B = Scope.topic("b");
    private static final int MAX_LOG_EVENTS = 3_000;

    /** Faster than in a node, in the same proportion. */
    private static final Feed.Timing TIMING = new Feed.Timing(500, 250);

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final List<Live> received = new CopyOnWriteArrayList<>();
    private final List<String> late = new CopyOnWriteArrayList<>();
    private final List<Collection<Interest>> lost = new CopyOnWriteArrayList<>();
    private ScheduledExecutorService timer;
    private Broker own;
    private Broker other;
    private Feed feed;

    @BeforeEach
    void open() {
        timer = Executors.newSingleThreadScheduledExecutor();
        own = Brokers.open("memory://feed-test", BrokerOptions.of("own").maxLogEvents(MAX_LOG_EVENTS));
        other = Brokers.open("memory://feed-test", BrokerOptions.of("other").maxLogEvents(MAX_LOG_EVENTS));
        feed = new Feed(
                own,
                metrics,
                timer,
                System::nanoTime,
                new FeedListener() {
                    @Override
                    public void deliver(Live live) {
                        if (live.event().data().equals("thrown")) {
                            throw new IllegalStateException("by the test");
                        }
                        received.add(live);
                    }

                    @Override
                    public void late(Live live) {
                        late.add(live.event().data());
                    }

                    @Override
                    public CompletionStage<Void> settled() {
                        return CompletableFuture.completedFuture(null);
                    }

                    @Override
                    public void mayHaveLost(Tenant tenant, Position after) {
                        throw new AssertionError("no epoch began");
                    }

                    @Override
                    public void lost(Collection<Interest> interests, Position after) {
                        lost.add(Set.copyOf(interests));
                    }
                },
                MemoryBudget.unlimited(),
                TIMING);
        // Another node holds the scopes too, so that the log survives an outage of the first.
        get(feed.join(List.of(in(A), in(B)), MemoryBudget.NO_ADDRESS));
    }

    @AfterEach
    void close() {
        own.close();
        other.close();
        timer.shutdownNow();
    }

    @Test
    void event_of_several_joined_scopes_is_delivered_once() {
        broadcast("1", A, B);
        broadcast("2", B);

        await().until(() -> received.size() == 2);
        assertThat(data()).containsExactly("1", "2");
        assertThat(gaps("sequence") + gaps("heads")).isZero();
    }

    @Test
    void events_missed_during_an_outage_are_delivered_before_live_ones() {
        broadcast("1", A);
        await().until(() -> received.size() == 1);
        MemoryOutage.begin(own);
        broadcast("2", A);
        broadcast("3", B);
        broadcast("4", A, B);
        MemoryOutage.end(own);
        broadcast("5", A);

        await().until(() -> received.size() == 5);
        assertThat(data()).containsExactly("1", "2", "3", "4", "5");
        assertThat(gaps("heads")).isEqualTo(2);
        assertThat(late).isEmpty();
        assertThat(lost).isEmpty();
    }

    @Test
    void failing_listener_does_not_stop_gap_filling() {
        broadcast("1", A);
        await().until(() -> received.size() == 1);
        MemoryOutage.begin(own);
        broadcast("thrown", A);
        MemoryOutage.end(own);
        broadcast("3", A);

        await().until(() -> data().contains("3"));
    }

    @Test
    void missing_last_event_is_found_by_heads_after_a_reconnect() {
        broadcast("1", A);
        await().until(() -> received.size() == 1);
        MemoryOutage.begin(own);
        broadcast("missed", A);
        broadcast("missed too", B);
        MemoryOutage.end(own);

        await().until(() -> received.size() == 3);
        double compared = count("carillon.feed.head.comparisons");
        broadcast("4", A);
        await().until(() -> count("carillon.feed.head.comparisons") > compared);
        assertThat(data()).containsExactly("1", "missed", "missed too", "4");
        assertThat(gaps("heads")).isEqualTo(2);
        assertThat(gaps("sequence")).isZero();
        assertThat(count("carillon.feed.gaps.filled")).isEqualTo(2);
    }

    @Test
    void missed_events_are_delivered_before_live_events_of_other_scopes() {
        broadcast("1", A);
        broadcast("2", B);
        await().until(() -> received.size() == 2);
        MemoryOutage.begin(own);
        broadcast("3", A);
        MemoryOutage.end(own);
        broadcast("4", B);
        broadcast("5", A);

        // A client that receives "4" and leaves would resume after "3".
        await().until(() -> received.size() == 5);
        assertThat(data()).containsExactly("1", "2", "3", "4", "5");
        assertThat(late).isEmpty();
        assertThat(lost).isEmpty();
    }

    @Test
    void trimmed_events_are_reported_lost_once_to_the_affected_interests() {
        broadcast("1", A);
        broadcast("2", B);
        await().until(() -> received.size() == 2);
        MemoryOutage.begin(own);
        for (int i = 0; i < MAX_LOG_EVENTS + 5; i++) {
            broadcast("missed " + i, A);
        }
        MemoryOutage.end(own);
        broadcast("last", A);

        await().until(() -> data().contains("last") && !lost.isEmpty());
        assertThat(lost).containsExactly(Set.of(in(A)));
        assertThat(data()).startsWith("1", "2").endsWith("missed " + (MAX_LOG_EVENTS + 4), "last");
        // The last event trims one more, before or after it was read.
        assertThat(data().get(2)).isIn("missed 5", "missed 6");
        double compared = count("carillon.feed.head.comparisons");
        // A log without new events is not compared again.
        broadcast("more", B);
        await().until(() -> count("carillon.feed.head.comparisons") > compared);
        assertThat(lost).hasSize(1);
    }

    @Test
    void gap_longer_than_the_queue_is_read_to_its_end() {
        broadcast("0", A);
        await().until(() -> received.size() == 1);
        MemoryOutage.begin(own);
        broadcast("1", A);
        MemoryOutage.end(own);
        for (int i = 2; i < MAX_LOG_EVENTS; i++) {
            broadcast("" + i, i % 3 == 0 ? B : A);
        }

        await().until(() -> received.size() == MAX_LOG_EVENTS);
        assertThat(data())
                .isEqualTo(IntStream.range(0, MAX_LOG_EVENTS)
                        .mapToObj(Integer::toString)
                        .toList());
        assertThat(late).isEmpty();
        assertThat(lost).isEmpty();
    }

    @Test
    void scope_joined_during_gap_filling_receives_no_older_event() {
        Scope late = Scope.topic("late");
        broadcast("1", A);
        await().until(() -> received.size() == 1);
        MemoryOutage.begin(own);
        broadcast("2", A);
        broadcast("too old", late);
        MemoryOutage.end(own);
        get(feed.join(List.of(in(late)), MemoryBudget.NO_ADDRESS));
        broadcast("3", A);
        broadcast("4", late);

        await().until(() -> received.size() == 4);
        assertThat(data()).containsExactly("1", "2", "3", "4");
    }

    @Test
    void heads_of_a_busy_log_are_not_gaps() {
        double compared = count("carillon.feed.head.comparisons");
        long end = System.nanoTime() + Patience.LIMIT.toNanos();
        for (int i = 0; System.nanoTime() < end && count("carillon.feed.head.comparisons") < compared + 2; i++) {
            broadcast("" + i, i % 2 == 0 ? A : B);
        }

        assertThat(count("carillon.feed.head.comparisons")).isGreaterThanOrEqualTo(compared + 2);
        assertThat(gaps("sequence") + gaps("heads")).isZero();
    }

    @Test
    void scope_joined_late_starts_at_its_head() {
        Scope late = Scope.topic("late");
        broadcast("before", late);
        broadcast("before too", late);
        get(feed.join(List.of(in(late)), MemoryBudget.NO_ADDRESS));
        broadcast("after", late);

        await().until(() -> received.size() == 1);
        double compared = count("carillon.feed.head.comparisons");
        broadcast("later", late);
        await().until(() -> count("carillon.feed.head.comparisons") > compared);
        assertThat(gaps("sequence") + gaps("heads")).isZero();
    }

    @Test
    void interest_is_left_some_time_after_its_last_release() {
        get(feed.join(List.of(in(A)), MemoryBudget.NO_ADDRESS));
        long left = System.nanoTime();
        feed.leave(List.of(in(A)), MemoryBudget.NO_ADDRESS);
        feed.leave(List.of(in(A)), MemoryBudget.NO_ADDRESS);
        int held = feed.interestCount();
        // On a slow machine the interest may be left already.
        assertThat(held == 2 || System.nanoTime() - left >= TimeUnit.MILLISECONDS.toNanos(TIMING.graceMillis()))
                .isTrue();

        await().until(() -> feed.interestCount() == 1);
        // The leave is in flight: events broadcast meanwhile may still arrive.
        await().untilAsserted(() -> {
            received.clear();
            broadcast("no client", A);
            broadcast("still", B);
            await().until(() -> data().contains("still"));
            assertThat(data()).containsExactly("still");
        });
    }

    @Test
    void failed_join_holds_nothing_and_can_be_repeated() {
        Scope scope = Scope.topic("again");
        MemoryOutage.begin(own);
        assertThat(feed.join(List.of(in(scope)), MemoryBudget.NO_ADDRESS).toCompletableFuture())
                .isCompletedExceptionally();
        MemoryOutage.end(own);
        get(feed.join(List.of(in(scope)), MemoryBudget.NO_ADDRESS));
        broadcast("1", scope);

        await().until(() -> received.size() == 1);
        assertThat(feed.interestCount()).isEqualTo(3);
    }

    private void broadcast(String data, Scope first, Scope... more) {
        get(other.channel().broadcast(Event.to(first, more).data(data).build()));
    }

    private List<String> data() {
        return received.stream().map(l -> l.event().data()).toList();
    }

    private double gaps(String found) {
        return metrics.counter("carillon.feed.gaps", "found", found).count();
    }

    private double count(String name) {
        return metrics.counter(name).count();
    }

    private static Interest in(Scope scope) {
        return Interest.in(Tenant.DEFAULT, scope);
    }
}
