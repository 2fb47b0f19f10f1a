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
    void event_of_several_scopes_reaches_each_listener_once_and_the_connections() throws Exception {
        AutoCloseable first = get(listeners.listen(TENANT, List.of(A), ofA));
        get(listeners.listen(TENANT, List.of(B), ofB));
        broadcast("1", A, B);
        broadcast("2", A);
        await().until(() -> ofA.received.size() == 2 && ofB.received.size() == 1);
        assertThat(ofA.received).containsExactly("1", "2");
        assertThat(ofB.received).containsExactly("1");

        first.close();
        first.close();
        Recording third = new Recording();
        get(listeners.listen(TENANT, List.of(B, A), third));
        broadcast("3", A, B);
        await().until(() -> ofB.received.size() == 2 && third.received.size() == 1);
        assertThat(ofA.received).hasSize(2);
        assertThat(feed.referenceCount(Interest.in(TENANT, A))).isEqualTo(1);
        assertThat(feed.referenceCount(Interest.in(TENANT, B))).isEqualTo(2);
        assertThat(third.received).containsExactly("3");
        broadcast("4", B);
        broadcast("5", A);
        await().until(() -> third.received.size() == 3);
        assertThat(third.received).containsExactly("3", "4", "5");
        assertThat(toConnections).containsExactly("1", "2", "3", "4", "5");
    }

    @Test
    void listeners_are_notified_of_all_kinds_of_gaps() {
        get(listeners.listen(TENANT, List.of(A), ofA));
        get(listeners.listen(TENANT, List.of(B), ofB));
        Position at = new Position(1, 1, 1);

        listeners.late(new Live(event("x", A), at, List.of()));
        await().until(() -> ofA.received.equals(List.of("LATE")));
        listeners.lost(List.of(Interest.in(TENANT, B)), at);
        await().until(() -> ofB.received.equals(List.of("LOST")));
        listeners.lost(List.of(Interest.all(TENANT)), at);
        await().until(() -> ofA.received.contains("LOST") && ofB.received.size() == 2);
        listeners.mayHaveLost(TENANT, at);
        await().until(() -> ofA.received.contains("EPOCH") && ofB.received.contains("EPOCH"));
        listeners.mayHaveLost(Tenant.ofToken("other"), at);

        assertThat(toConnections).containsExactly("late", "lost", "lost", "epoch", "epoch");
        assertThat(ofA.received).containsExactly("LATE", "LOST", "EPOCH");
    }

    @Test
    void event_that_is_in_no_log_reaches_listeners() {
        get(listeners.listen(TENANT, List.of(A), ofA));

        listeners.deliverLocally(event("local", A), "urn:x");
        await().until(() -> ofA.received.equals(List.of("local")));
        assertThat(toConnections).isEmpty();
    }

    @Test
    void listener_that_cannot_join_leaves_no_state() {
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
    void listeners_miss_no_event_while_others_of_the_scope_join_and_leave() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) {
                threads.execute(() -> {
                    for (int n = 0; n < 500; n++) {
                        Recording mine = new Recording();
                        AutoCloseable listening = get(listeners.listen(TENANT, List.of(A), mine));
                        listeners.deliverLocally(event("x", A), "urn:x");
                        await().until(() -> !mine.received.isEmpty());
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
        final List<String> received = new CopyOnWriteArrayList<>();

        @Override
        public void event(Event event, String id) {
            received.add(event.data());
        }

        @Override
        public void gap(Gap gap) {
            received.add(gap.name());
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
