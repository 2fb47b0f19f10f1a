package dev.carillon.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.PatientOptions;
import dev.carillon.fanout.FanOut;
import dev.carillon.fanout.FanOutConfig;
import dev.carillon.fanout.IoThread;
import dev.carillon.feed.Feed;
import dev.carillon.history.Catchup;
import dev.carillon.history.StartPoint;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.quota.TenantLimitTable;
import dev.carillon.quota.TenantLimits;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import dev.carillon.socket.SendMode;
import dev.carillon.testkit.Patience;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Changes to open connections, with the in-memory broker. */
class OpenConnectionTest {
    private static final int OUTBOX_EVENTS = 300;
    private static final Scope A = Scope.topic("a");
    private static final Scope B = Scope.topic("b");
    private static final Scope C = Scope.topic("c");

    private final Broker broker = Brokers.open("memory://open-connection-test", PatientOptions.of("n"));
    private final GatedBroker gated = new GatedBroker(broker);
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final MemoryBudget budget = new MemoryBudget(64L << 20, metrics);
    private final LineFormat format = new LineFormat();
    private volatile Instant now = Instant.EPOCH;
    private final FanOut fanOut = new FanOut(
            new FanOutConfig(256 * 1024, OUTBOX_EVENTS, Duration.ofSeconds(60), SendMode.CHANNEL),
            List.of(format),
            ScopePolicies.DEFAULT,
            metrics,
            Platform.system().clock(() -> now),
            budget);
    private final Feed feed = new Feed(broker, metrics, timer, System::nanoTime, fanOut, budget);
    private final List<List<Interest>> told = new CopyOnWriteArrayList<>();
    private final Delivery delivery = new Delivery(
            feed,
            fanOut,
            new TenantLimits(TenantLimitTable.none(), broker.store(), "n", metrics, System::nanoTime),
            new Catchup(gated.broker(), fanOut, ScopePolicies.DEFAULT, budget, System::nanoTime),
            () -> 7,
            (connection, grants, interests) -> told.add(interests));
    private final IoThread ioThread = new IoThread() {
        @Override
        public void execute(Runnable task) {
            thread.execute(task);
        }

        @Override
        public void executeAfterPolling(Runnable task) {
            thread.execute(task);
        }
    };
    private final TestPipe pipe = new TestPipe();
    private final List<CloseReason> closed = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        broker.close();
        timer.shutdownNow();
        thread.shutdownNow();
    }

    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture()
                .orTimeout(Patience.LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }

    private static List<Interest> in(Scope... scopes) {
        return Arrays.stream(scopes)
                .map(scope -> Interest.in(Tenant.DEFAULT, scope))
                .toList();
    }

    private OpenConnection open(Grants grants, Scope... scopes) {
        Delivery.Joined joined = get(delivery.join(new Delivery.Request(grants, in(scopes), null, false, 1)));
        OpenConnection connection = get(CompletableFuture.supplyAsync(
                () -> joined.open(
                        ioThread,
                        pipe,
                        new byte[0],
                        new Delivery.OpenOptions(format, null, null, closed::add, reason -> new byte[0])),
                thread));
        // Opening is the first change in the queue, so this waits for it.
        get(connection.unsubscribe(List.of()));
        return connection;
    }

    private OpenConnection open(Scope... scopes) {
        return open(Grants.ANONYMOUS, scopes);
    }

    private Position broadcast(String data, Scope first, Scope... more) {
        return broadcast(Event.to(first, more).data(data));
    }

    private Position broadcast(Event.Draft draft) {
        Appended appended = get(broker.channel().broadcast(draft.build()));
        return appended.at();
    }

    private void assertLines(String... lines) {
        await().untilAsserted(() -> assertThat(pipe.lines()).containsExactly(lines));
    }

    /** Begins to subscribe. Returns when the snapshot was requested; it is blocked at the gate. */
    private CompletionStage<Void> subscribing(
            OpenConnection connection, List<Interest> interests, @Nullable StartPoint from) {
        int requested = gated.requested.get();
        CompletionStage<Void> subscribing = connection.subscribe(interests, from);
        await().until(() -> gated.requested.get() > requested);
        return subscribing;
    }

    private void onThread(Runnable action) {
        get(CompletableFuture.runAsync(action, thread));
    }

    @Test
    void scopes_can_be_added_and_removed_and_references_follow() {
        OpenConnection connection = open(A);
        broadcast("a1", A);
        broadcast("b1", B);
        get(connection.subscribe(in(B, A), null));
        assertThat(feed.referenceCount(in(A).getFirst())).isEqualTo(1);
        broadcast("both", A, B);
        broadcast("b2", B);
        get(connection.unsubscribe(in(A, C)));
        broadcast("a2", A);
        broadcast("b3", B);

        assertLines("a1", "both", "b2", "b3");
        assertThat(feed.referenceCount(in(A).getFirst())).isZero();
        assertThat(feed.referenceCount(in(B).getFirst())).isEqualTo(1);
        onThread(pipe::disconnect);
        assertThat(closed).containsExactly(CloseReason.CLIENT_LEFT);
        assertThat(feed.referenceCount(in(B).getFirst())).isZero();
    }

    @Test
    void retained_events_of_an_added_scope_come_before_its_live_ones() {
        broadcast(Event.to(A, B).data("of both").retain(true));
        broadcast(Event.to(A).data("of a").retain(true));
        OpenConnection connection = open(A);
        get(connection.subscribe(in(B), null));
        broadcast("live", B);

        // The client has not received the state of B before.
        assertLines("of a", "of both", "live");
    }

    @Test
    void retained_event_newer_than_buffered_events_is_written_once_after_them() {
        OpenConnection connection = open(A);
        CompletableFuture<Void> gate = gated.blockReads();
        CompletionStage<Void> added = subscribing(connection, in(B), null);
        broadcast("dark", A);
        broadcast(Event.to(B).data("lit").retain(true));
        broadcast(Event.to(A, B).data("lit for both").retain(true));
        get(fanOut.settled());
        gate.complete(null);
        get(added);
        broadcast("last", B);

        await().until(() -> pipe.lines().contains("last"));
        assertThat(pipe.lines()).doesNotHaveDuplicates().startsWith("dark").endsWith("lit for both", "last");
    }

    @Test
    void connection_that_ends_before_it_opens_is_answered_with_a_refusal() {
        CompletableFuture<Void> gate = gated.block();
        Delivery.Joined joined = get(delivery.join(new Delivery.Request(Grants.ANONYMOUS, in(A), null, false, 1)));
        onThread(() -> joined.open(
                ioThread,
                pipe,
                Text.utf8("opened\n"),
                new Delivery.OpenOptions(
                        format, null, null, closed::add, reason -> Text.utf8("refused: " + reason.code() + "\n"))));
        await().until(() -> gated.requested.get() > 0);

        fanOut.endAll(CloseReason.DRAINING, () -> 7);
        await().until(pipe::isClosed);
        gate.complete(null);
        get(fanOut.settled());

        assertThat(pipe.lines()).containsExactly("refused: draining", "closed: " + CloseReason.DRAINING.code());
        assertThat(closed).containsExactly(CloseReason.DRAINING);
        assertThat(feed.referenceCount(in(A).getFirst())).isZero();
    }

    @Test
    void order_of_changes_does_not_depend_on_the_futures_of_the_caller() {
        OpenConnection connection = open(A);
        CompletableFuture<Void> gate = gated.block();
        int requested = gated.requested.get();
        CompletionStage<Void> added = connection.subscribe(in(B), null);
        CompletionStage<Void> next = connection.subscribe(in(C), null);
        await().until(() -> gated.requested.get() > requested);
        assertThat(added.toCompletableFuture().complete(null)).isTrue();
        get(fanOut.settled());
        assertThat(gated.requested).as("the second change has not begun").hasValue(requested + 1);
        gate.complete(null);
        get(next);
        broadcast("b", B);
        broadcast("c", C);

        assertLines("b", "c");
    }

    @Test
    void subscription_with_too_many_buffered_events_fails_and_the_connection_stays_open() {
        OpenConnection connection = open(A);
        CompletableFuture<Void> gate = gated.block();
        CompletionStage<Void> added = subscribing(connection, in(B), null);
        List<String> all = new ArrayList<>();
        for (int i = 0; i < OUTBOX_EVENTS + 20; i++) {
            broadcast("a" + i, A);
            all.add("a" + i);
        }
        await().until(() -> pipe.lines().equals(all));
        broadcast("of b", B);
        gate.complete(null);

        assertThat(added.toCompletableFuture())
                .failsWithin(Patience.LIMIT)
                .withThrowableThat()
                .withMessageContaining("too many events arrived");
        assertThat(feed.referenceCount(in(B).getFirst())).isZero();
        assertThat(closed).isEmpty();
        broadcast("last", A);
        all.add("last");
        assertLines(all.toArray(String[]::new));
    }

    @Test
    void resuming_a_scope_replays_private_events_that_earlier_grants_did_not_cover() {
        OpenConnection connection = open(reading(C, Instant.MAX), A);
        Position start = broadcast("start", A);
        broadcast(Event.to(A, B).data("hidden then").isPrivate(true));
        broadcast("end", A);
        await().until(() -> pipe.lines().contains("end"));
        get(connection.renew(reading(A, Instant.MAX)));
        get(connection.subscribe(in(B), new StartPoint.LastEvent(Cursor.of(start))));

        assertLines("start", "end", "hidden then");
    }

    @Test
    void late_event_older_than_the_replay_is_announced_instead_of_delivered() {
        OpenConnection connection = open(A);
        Position start = broadcast("a1", A);
        Position missed = broadcast("x", C);
        broadcast("b1", B);
        await().until(() -> pipe.lines().contains("a1"));
        get(connection.subscribe(in(B), new StartPoint.LastEvent(Cursor.of(start))));
        fanOut.late(new Live(Event.to(A).data("late").build(), missed, List.of()));
        get(fanOut.settled());

        await().until(() -> pipe.lines().size() == 3);
        assertThat(pipe.lines()).startsWith("a1", "b1").doesNotContain("late");
        assertThat(pipe.lines().getLast()).startsWith("carillon.gap");
    }

    @Test
    void client_that_disconnects_while_resuming_a_scope_releases_both_references() {
        OpenConnection connection = open(A);
        Position start = broadcast("a1", A);
        CompletableFuture<Void> gate = gated.block();
        CompletionStage<Void> added = subscribing(connection, in(A), new StartPoint.LastEvent(Cursor.of(start)));
        onThread(pipe::disconnect);
        gate.complete(null);

        assertThat(added.toCompletableFuture()).failsWithin(Patience.LIMIT);
        await().untilAsserted(
                        () -> assertThat(feed.referenceCount(in(A).getFirst())).isZero());
    }

    @Test
    void resuming_a_scope_does_not_repeat_events_received_in_another_scope() {
        Position start = broadcast("before", B);
        broadcast("b1", B);
        OpenConnection connection = open(A);
        broadcast("a1", A);
        broadcast("b2", B);
        broadcast("both", B, A);
        get(connection.subscribe(in(B), new StartPoint.LastEvent(Cursor.of(start))));
        broadcast("b3", B);

        assertLines("a1", "both", "b1", "b2", "b3");
    }

    @Test
    void joined_scope_can_be_resumed_again_and_an_unknown_id_is_announced_as_a_gap() {
        OpenConnection connection = open(A);
        Position start = broadcast("a1", A);
        broadcast("a2", A);
        await().until(() -> pipe.lines().size() == 2);
        get(connection.subscribe(in(A), new StartPoint.LastEvent(Cursor.of(start))));
        get(connection.subscribe(in(B), new StartPoint.LastEvent("not known")));
        broadcast("a3", A);
        broadcast("b1", B);

        assertLines("a1", "a2", "a2", "carillon.gap {\"reason\":\"unknown\"}", "a3", "b1");
        assertThat(feed.referenceCount(in(A).getFirst())).isEqualTo(1);
    }

    @Test
    void events_of_all_scopes_are_buffered_while_one_is_added_and_stay_in_log_order() {
        OpenConnection connection = open(A);
        CompletableFuture<Void> gate = gated.block();
        CompletionStage<Void> added = subscribing(connection, in(B), null);
        broadcast("a1", A);
        broadcast("b1", B);
        broadcast("a2", A, B);
        get(fanOut.settled());
        assertThat(pipe.lines()).isEmpty();
        gate.complete(null);
        get(added);

        // The snapshot was read before these events.
        assertLines("a1", "b1", "a2");
    }

    @Test
    void failed_resume_of_scopes_that_the_connection_has_closes_it_as_they_cannot_be_had_back() {
        OpenConnection connection = open(A);
        Position start = broadcast("a1", A);
        CompletableFuture<Void> gate = gated.block();
        CompletionStage<Void> resumed = subscribing(connection, in(A), new StartPoint.LastEvent(Cursor.of(start)));
        gate.completeExceptionally(GatedBroker.unavailable());

        assertThat(resumed.toCompletableFuture()).failsWithin(Patience.LIMIT);
        await().until(() -> closed.equals(List.of(CloseReason.UNAVAILABLE)));
        await().until(() -> feed.referenceCount(in(A).getFirst()) == 0);
    }

    @Test
    void failed_resume_closes_the_connection_also_if_all_of_its_scopes_are_new() {
        OpenConnection connection = open(A);
        Position start = broadcast("b1", B);
        CompletableFuture<Void> gate = gated.block();
        CompletionStage<Void> resumed = subscribing(connection, in(B), new StartPoint.LastEvent(Cursor.of(start)));
        gate.completeExceptionally(GatedBroker.unavailable());

        assertThat(resumed.toCompletableFuture()).failsWithin(Patience.LIMIT);
        await().until(() -> closed.equals(List.of(CloseReason.UNAVAILABLE)));
        await().until(() -> feed.referenceCount(in(A).getFirst()) == 0);
        await().until(() -> feed.referenceCount(in(B).getFirst()) == 0);
    }

    @Test
    void renewal_during_a_resume_reports_no_scope_as_left() {
        OpenConnection connection = open(A);
        Position start = broadcast("a1", A);
        await().until(() -> !told.isEmpty());
        CompletableFuture<Void> gate = gated.block();
        CompletionStage<Void> resumed = subscribing(connection, in(A), new StartPoint.LastEvent(Cursor.of(start)));
        get(connection.renew(Grants.ANONYMOUS));
        onThread(() -> {});
        gate.complete(null);
        get(resumed);
        int before = told.size();
        get(connection.renew(Grants.ANONYMOUS));

        await().until(() -> told.size() > before);
        assertThat(told).containsOnly(in(A));
    }

    @Test
    void position_is_not_told_while_scopes_are_added() {
        OpenConnection connection = open(A);
        assertThat(connection.isChanging()).isFalse();
        CompletableFuture<Void> gate = gated.block();
        CompletionStage<Void> added = subscribing(connection, in(B), null);
        assertThat(connection.isChanging()).isTrue();
        gate.complete(null);
        get(added);
        await().until(() -> !connection.isChanging());
    }

    @Test
    void failed_subscription_does_not_change_the_connection() {
        OpenConnection connection = open(A);
        CompletableFuture<Void> gate = gated.block();
        CompletionStage<Void> added = subscribing(connection, in(B), null);
        broadcast("a1", A);
        broadcast("b1", B);
        broadcast("both", B, A);
        get(fanOut.settled());
        gate.completeExceptionally(GatedBroker.unavailable());
        assertThat(added.toCompletableFuture()).failsWithin(Patience.LIMIT);
        broadcast("a2", A);
        broadcast("b2", B);
        broadcast("a3", A);

        assertLines("a1", "both", "a2", "a3");
        assertThat(feed.referenceCount(in(B).getFirst())).isZero();
        assertThat(feed.referenceCount(in(A).getFirst())).isEqualTo(1);
        assertThat(closed).isEmpty();
    }

    @Test
    void connection_closed_while_a_scope_is_added_releases_all_resources() {
        OpenConnection connection = open(A);
        CompletableFuture<Void> gate = gated.block();
        int requested = gated.requested.get();
        CompletionStage<Void> added = connection.subscribe(in(B), null);
        CompletionStage<Void> next = connection.subscribe(in(C), null);
        await().until(() -> gated.requested.get() > requested);
        broadcast("waits", A, B);
        get(fanOut.settled());
        connection.close(CloseReason.APPLICATION);
        await().until(() -> !closed.isEmpty());
        gate.complete(null);

        assertThat(added.toCompletableFuture()).failsWithin(Patience.LIMIT);
        assertThat(next.toCompletableFuture()).failsWithin(Patience.LIMIT);
        assertThat(closed).containsExactly(CloseReason.APPLICATION);
        assertThat(pipe.lines()).containsExactly("closed: application");
        for (Scope scope : List.of(A, B, C)) {
            assertThat(feed.referenceCount(in(scope).getFirst()))
                    .as(scope.text())
                    .isZero();
        }
        assertThat(fanOut.connectionCount()).isZero();
        assertThat(metrics.get("carillon.memory.used")
                        .tag("use", "outboxes")
                        .gauge()
                        .value())
                .as("bytes of buffered events")
                .isZero();
        assertThat(metrics.get("carillon.connections.closed")
                        .tag("reason", "application")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void resume_of_a_client_that_reads_nothing_waits_and_fails_when_it_disconnects() {
        Position start = broadcast("before", B);
        broadcast("x".repeat(40_000), B);
        broadcast("y".repeat(40_000), B);
        OpenConnection connection = open(A);
        onThread(() -> pipe.accept(0));
        CompletionStage<Void> added = connection.subscribe(in(B), new StartPoint.LastEvent(Cursor.of(start)));
        await().until(pipe::isWriteWanted);
        onThread(() -> pipe.accept(100));
        assertThat(added.toCompletableFuture()).isNotDone();
        onThread(pipe::disconnect);

        assertThat(added.toCompletableFuture()).failsWithin(Patience.LIMIT);
        await().untilAsserted(
                        () -> assertThat(feed.referenceCount(in(B).getFirst())).isZero());
        assertThat(feed.referenceCount(in(A).getFirst())).isZero();
    }

    private static Grants reading(Scope scope, Instant expiresAt) {
        return new Grants(Tenant.DEFAULT, "ann", List.of(new Selector(scope.text())), List.of(), expiresAt);
    }

    @Test
    void renewed_grants_apply_to_later_events_and_extend_the_connection() {
        OpenConnection connection = open(reading(B, now.plusSeconds(10)), A, B);
        broadcast(Event.to(A).data("hidden").isPrivate(true));
        broadcast(Event.to(B).data("b1").isPrivate(true));
        await().until(() -> pipe.lines().size() == 1);
        get(connection.renew(reading(A, now.plusSeconds(30))));
        broadcast(Event.to(A).data("a1").isPrivate(true));
        broadcast(Event.to(B).data("hidden").isPrivate(true));
        broadcast(Event.to(A).data("a2").isPrivate(true));
        assertLines("b1", "a1", "a2");

        now = now.plusSeconds(20);
        fanOut.tick();
        broadcast("still open", A);
        assertLines("b1", "a1", "a2", "still open");
        now = now.plusSeconds(20);
        fanOut.tick();
        await().until(() -> !closed.isEmpty());
        assertThat(closed).containsExactly(CloseReason.EXPIRED);
        assertThat(pipe.lines()).last().isEqualTo("closed: expired");
        assertThat(pipe.isClosed()).isTrue();
    }

    @Test
    void grants_of_another_user_or_tenant_and_interests_of_another_tenant_are_refused() {
        OpenConnection connection = open(reading(A, Instant.MAX), A);

        assertThatThrownBy(() -> connection.renew(Grants.ANONYMOUS)).isInstanceOf(CarillonException.class);
        assertThatThrownBy(
                        () -> connection.renew(new Grants(Tenant.ofToken("other"), "ann", List.of(), List.of(), null)))
                .isInstanceOf(CarillonException.class);
        assertThatThrownBy(() -> connection.subscribe(List.of(Interest.in(Tenant.ofToken("other"), B)), null))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void changes_and_scopes_beyond_their_limits_are_refused() {
        OpenConnection connection = open(A);
        CompletableFuture<Void> gate = gated.block();
        List<CompletionStage<Void>> changes = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            changes.add(connection.subscribe(in(Scope.topic("t" + i)), null));
        }
        assertThat(connection.subscribe(in(B), null).toCompletableFuture())
                .failsWithin(Patience.LIMIT)
                .withThrowableThat()
                .withMessageContaining("at most 16 pending changes");
        gate.complete(null);
        changes.forEach(OpenConnectionTest::get);
        List<Interest> many = new ArrayList<>();
        for (int i = 0; i < Delivery.MAX_INTERESTS; i++) {
            many.add(Interest.in(Tenant.DEFAULT, Scope.topic("m" + i)));
        }
        assertThat(connection.subscribe(many, null).toCompletableFuture())
                .failsWithin(Patience.LIMIT)
                .withThrowableThat()
                .withMessageContaining("at most 1100 scopes");
        broadcast("still open", A);
        assertLines("still open");
    }

    /** Expected membership of a scope. */
    private enum Membership {
        OUT,
        IN,
        /** It is changing: an event may be delivered or not. */
        UNSURE
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void random_changes_lose_nothing_repeat_nothing_and_keep_log_order(int seed) {
        Random random = new Random(seed);
        List<Scope> scopes = List.of(A, B, C, Scope.topic("d"));
        OpenConnection connection = open(A);
        Map<Scope, Membership> model = new HashMap<>();
        scopes.forEach(scope -> model.put(scope, scope.equals(A) ? Membership.IN : Membership.OUT));
        Map<Scope, CompletionStage<Void>> running = new HashMap<>();
        Map<Scope, Membership> pending = new HashMap<>();
        Set<String> expected = new HashSet<>();
        Set<String> unexpected = new HashSet<>();
        for (int step = 0; step < 300; step++) {
            Scope scope = scopes.get(random.nextInt(scopes.size()));
            if (random.nextInt(4) == 0 && !running.containsKey(scope)) {
                boolean joins = model.get(scope) == Membership.OUT;
                if (!joins) {
                    // Leaving may drop events that were not delivered yet.
                    await().until(() -> pipe.lines().containsAll(expected));
                }
                running.put(scope, joins ? connection.subscribe(in(scope), null) : connection.unsubscribe(in(scope)));
                Membership after = joins ? Membership.IN : Membership.OUT;
                model.put(scope, Membership.UNSURE);
                pending.put(scope, after);
            } else {
                Scope other = scopes.get(random.nextInt(scopes.size()));
                Set<Scope> of = new HashSet<>(List.of(scope, other));
                List<Scope> rest = new ArrayList<>(of);
                rest.remove(scope);
                if (of.stream().anyMatch(s -> model.get(s) == Membership.IN)) {
                    expected.add("" + step);
                } else if (of.stream().allMatch(s -> model.get(s) == Membership.OUT)) {
                    unexpected.add("" + step);
                }
                broadcast("" + step, scope, rest.toArray(Scope[]::new));
            }
            if (random.nextInt(3) == 0) {
                running.forEach((s, stage) -> {
                    get(stage);
                    model.put(s, pending.get(s));
                });
                running.clear();
            }
        }
        running.values().forEach(OpenConnectionTest::get);
        broadcast("999", scopes.getFirst(), scopes.get(1), scopes.get(2), scopes.get(3));
        get(connection.subscribe(in(A), null));
        broadcast("1000", A);
        await().until(() -> pipe.lines().contains("1000"));

        assertThat(pipe.lines()).doesNotHaveDuplicates().containsAll(expected).doesNotContainAnyElementsOf(unexpected);
        assertThat(pipe.lines().stream().map(Integer::valueOf).toList()).isSorted();
        onThread(pipe::disconnect);
        scopes.forEach(s -> assertThat(feed.referenceCount(in(s).getFirst())).isZero());
    }
}
