package dev.carillon.feed;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.MemoryLinks;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FeedTest {
    private static final Scope A = Scope.topic("a");
    private static final Scope B = Scope.topic("b");

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final List<Live> received = new CopyOnWriteArrayList<>();
    private ScheduledExecutorService timer;
    private Broker own;
    private Broker other;
    private Feed feed;

    @BeforeEach
    void open() {
        timer = Executors.newSingleThreadScheduledExecutor();
        own = Brokers.open("memory://feed-test", BrokerOptions.of("own"));
        other = Brokers.open("memory://feed-test", BrokerOptions.of("other"));
        feed = new Feed(own, metrics, timer, received::add);
        // Another holds the scopes too, so that the log outlives what a test does to one node.
        get(feed.join(List.of(in(A), in(B))));
    }

    @AfterEach
    void close() {
        own.close();
        other.close();
        timer.shutdownNow();
    }

    @Test
    void event_of_several_joined_scopes_is_handed_on_once() {
        broadcast("1", A, B);
        broadcast("2", B);

        await().until(() -> received.size() == 2);
        assertThat(data()).containsExactly("1", "2");
        assertThat(holes("sequence") + holes("heads")).isZero();
    }

    @Test
    void hole_before_a_live_event_is_counted_at_once() {
        broadcast("1", A);
        await().until(() -> received.size() == 1);
        MemoryLinks.cut(own);
        broadcast("missed", A);
        MemoryLinks.heal(own);
        broadcast("3", A);

        await().until(() -> received.size() == 2);
        assertThat(holes("sequence")).isEqualTo(1);
        assertThat(data()).containsExactly("1", "3");
    }

    @Test
    void hole_at_the_end_is_found_by_heads_after_a_reconnect_and_counted_once() {
        broadcast("1", A);
        await().until(() -> received.size() == 1);
        MemoryLinks.cut(own);
        broadcast("missed", A);
        broadcast("missed too", B);
        MemoryLinks.heal(own);

        await().atMost(Duration.ofSeconds(6)).until(() -> holes("heads") == 2);
        double compared = count("carillon.feed.comparisons");
        broadcast("3", A);
        await().atMost(Duration.ofSeconds(10)).until(() -> count("carillon.feed.comparisons") > compared);
        assertThat(holes("heads")).isEqualTo(2);
        assertThat(holes("sequence")).isZero();
    }

    @Test
    void heads_of_a_busy_log_are_no_holes() {
        double compared = count("carillon.feed.comparisons");
        for (int i = 0; i < 200_000 && count("carillon.feed.comparisons") < compared + 2; i++) {
            broadcast("" + i, i % 2 == 0 ? A : B);
        }

        assertThat(count("carillon.feed.comparisons")).isGreaterThanOrEqualTo(compared + 2);
        assertThat(holes("sequence") + holes("heads")).isZero();
    }

    @Test
    void scope_joined_late_begins_at_its_head() {
        Scope late = Scope.topic("late");
        broadcast("before", late);
        broadcast("before too", late);
        get(feed.join(List.of(in(late))));
        broadcast("after", late);

        await().until(() -> received.size() == 1);
        double compared = count("carillon.feed.comparisons");
        await().atMost(Duration.ofSeconds(6)).until(() -> count("carillon.feed.comparisons") > compared);
        assertThat(holes("sequence") + holes("heads")).isZero();
    }

    @Test
    void interest_is_left_when_nobody_holds_it_for_a_while() {
        get(feed.join(List.of(in(A))));
        feed.leave(List.of(in(A)));
        feed.leave(List.of(in(A)));
        assertThat(feed.interestCount()).isEqualTo(2);

        await().atMost(Duration.ofSeconds(8)).until(() -> feed.interestCount() == 1);
        broadcast("nobody", A);
        broadcast("still", B);
        await().until(() -> received.size() == 1);
        assertThat(data()).containsExactly("still");
    }

    @Test
    void join_that_fails_holds_nothing_and_can_be_made_again() {
        Scope scope = Scope.topic("again");
        MemoryLinks.cut(own);
        assertThat(feed.join(List.of(in(scope))).toCompletableFuture()).isCompletedExceptionally();
        MemoryLinks.heal(own);
        get(feed.join(List.of(in(scope))));
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

    private double holes(String found) {
        return metrics.counter("carillon.feed.holes", "found", found).count();
    }

    private double count(String name) {
        return metrics.counter(name).count();
    }

    private static Interest in(Scope scope) {
        return Interest.in(Tenant.DEFAULT, scope);
    }
}
