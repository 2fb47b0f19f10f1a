package dev.carillon.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Platform;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.PatientOptions;
import dev.carillon.feed.Feed;
import dev.carillon.feed.FeedListener;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ListenersTest {
    private static final Tenant TENANT = Tenant.DEFAULT;
    private static final Scope A = Scope.topic("a");
    private static final Scope B = Scope.topic("b");

    private final Broker broker = Brokers.open("memory://listeners-test", PatientOptions.of("n"));
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final List<String> toConnections = new CopyOnWriteArrayList<>();
    private final Listeners listeners = new Listeners(
            new Connections(),
            MemoryBudget.unlimited(),
            registry,
            Platform.system().threads());
    private final Feed feed = new Feed(broker, registry, timer, System::nanoTime, listeners, MemoryBudget.unlimited());
    private final Recording ofA = new Recording();
    private final Recording ofB = new Recording();

    @BeforeEach
    void follow() {
        listeners.follow(feed);
    }

    @AfterEach
    void close() {
        listeners.close();
        broker.close();
        timer.shutdownNow();
    }

    @Test
    void event_in_several_scopes_reaches_each_listener_once_and_the_connections() throws Exception {
        AutoCloseable first = get(listeners.listen(TENANT, List.of(A), ofA));
        get(listeners.listen(TENANT, List.of(B), ofB));
        broadcast("1", A, B);
        broadcast("2", A);
        await().until(() -> ofA.heard.size() == 2 && ofB.heard.size() == 1);
        assertThat(ofA.heard).containsExactly("1", "2");
        assertThat(ofB.heard).containsExactly("1");

        first.close();
        first.close();
        Recording anew = new Recording();
        get(listeners.listen(TENANT, List.of(B, A), anew));
        broadcast("3", A, B);
        await().until(() -> ofB.heard.size() == 2 && anew.heard.size() == 1);
        assertThat(ofA.heard).hasSize(2);
        assertThat(feed.referenceCount(Interest.in(TENANT, A))).isEqualTo(1);
        assertThat(feed.referenceCount(Interest.in(TENANT, B))).isEqualTo(2);
        assertThat(anew.heard).containsExactly("3");
        broadcast("4", B);
        broadcast("5", A);
        await().until(() -> anew.heard.size() == 3);
        assertThat(anew.heard).containsExactly("3", "4", "5");
        assertThat(toConnections).containsExactly("1", "2", "3", "4", "5");
    }

    @Test
    void listeners_are_told_of_each_kind_of_gap_of_theirs() {
        get(listeners.listen(TENANT, List.of(A), ofA));
        get(listeners.listen(TENANT, List.of(B), ofB));
        Position at = new Position(1, 1, 1);

        listeners.late(new Live(event("x", A), at, List.of()));
        await().until(() -> ofA.heard.equals(List.of("LATE")));
        listeners.lost(List.of(Interest.in(TENANT, B)), at);
        await().until(() -> ofB.heard.equals(List.of("LOST")));
        listeners.lost(List.of(Interest.all(TENANT)), at);
        await().until(() -> ofA.heard.contains("LOST") && ofB.heard.size() == 2);
        listeners.mayHaveLost(TENANT, at);
        await().until(() -> ofA.heard.contains("EPOCH") && ofB.heard.contains("EPOCH"));
        listeners.mayHaveLost(Tenant.ofToken("other"), at);

        assertThat(toConnections).containsExactly("late", "lost", "lost", "epoch", "epoch");
        assertThat(ofA.heard).containsExactly("LATE", "LOST", "EPOCH");
    }

    @Test
    void event_that_no_log_has_reaches_them() {
        get(listeners.listen(TENANT, List.of(A), ofA));

        listeners.deliverLocally(event("here", A), "urn:x");
        await().until(() -> ofA.heard.equals(List.of("here")));
        assertThat(toConnections).isEmpty();
    }

    @Test
    void nothing_is_kept_of_a_listener_that_could_not_join_or_came_after_the_end() {
        broker.close();
        assertThat(listeners.listen(TENANT, List.of(A), ofA).toCompletableFuture())
                .isCompletedExceptionally();
        assertThat(listeners.count()).isZero();
        listeners.close();
        assertThat(listeners.listen(TENANT, List.of(A), ofA).toCompletableFuture())
                .isCompletedExceptionally();
        assertThat(listeners.count()).isZero();
    }

    @Test
    void none_is_lost_while_others_of_the_same_scope_come_and_go() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) {
                threads.execute(() -> {
                    for (int n = 0; n < 500; n++) {
                        Recording mine = new Recording();
                        AutoCloseable listening = get(listeners.listen(TENANT, List.of(A), mine));
                        listeners.deliverLocally(event("x", A), "urn:x");
                        await().until(() -> !mine.heard.isEmpty());
                        closeQuietly(listening);
                    }
                });
            }
        }
        assertThat(listeners.count()).isZero();
        assertThat(feed.referenceCount(Interest.in(TENANT, A))).isZero();
    }

    private static void closeQuietly(AutoCloseable listening) {
        try {
            listening.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private void broadcast(String data, Scope first, Scope... more) {
        get(broker.channel().broadcast(event(data, first, more)));
    }

    private static Event event(String data, Scope first, Scope... more) {
        return Event.to(first, more).data(data).build();
    }

    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    private static final class Recording implements EventHandler {
        final List<String> heard = new CopyOnWriteArrayList<>();

        @Override
        public void event(Event event, String id) {
            heard.add(event.data());
        }

        @Override
        public void gap(Gap gap) {
            heard.add(gap.name());
        }
    }

    private final class Connections implements FeedListener {
        @Override
        public void deliver(Live live) {
            toConnections.add(live.event().data());
        }

        @Override
        public CompletionStage<Void> settled() {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void late(Live live) {
            toConnections.add("late");
        }

        @Override
        public void lost(Collection<Interest> interests, Position after) {
            toConnections.add("lost");
        }

        @Override
        public void mayHaveLost(Tenant tenant, Position after) {
            toConnections.add("epoch");
        }
    }
}
