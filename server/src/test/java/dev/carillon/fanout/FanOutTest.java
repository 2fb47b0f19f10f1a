package dev.carillon.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.auth.Grants;
import dev.carillon.base.CloseReason;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import dev.carillon.socket.SendMode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Fan-out with I/O threads that run when the test calls them. */
class FanOutTest {
    private static final Scope A = Scope.topic("a");
    private static final Scope B = Scope.topic("b");
    private static final int OUTBOX_BYTES = 64 * 1024;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final PlainFormat format = new PlainFormat();
    private final TestIoThread one = new TestIoThread();
    private final TestIoThread two = new TestIoThread();
    private final AtomicInteger closed = new AtomicInteger();
    private Instant now = Instant.EPOCH;
    private long sequence;
    private final FanOut fanOut = new FanOut(
            new FanOutConfig(OUTBOX_BYTES, 10, Duration.ofSeconds(2), SendMode.CHANNEL),
            List.of(format),
            ScopePolicies.DEFAULT,
            metrics,
            Platform.system().clock(() -> now),
            MemoryBudget.unlimited());

    private Connection attach(TestIoThread thread, FakePipe pipe, Grants grants, Scope... scopes) {
        List<Interest> interests =
                Arrays.stream(scopes).map(s -> Interest.in(Tenant.DEFAULT, s)).toList();
        return TestConnections.attach(
                fanOut, thread, pipe, TestConnections.options(grants, format, closed::incrementAndGet), interests);
    }

    private FakePipe open(TestIoThread thread, Scope... scopes) {
        FakePipe pipe = new FakePipe();
        open(attach(thread, pipe, Grants.ANONYMOUS, scopes), Position.NONE);
        return pipe;
    }

    private void open(Connection connection, Position from, Live... retained) {
        List<ReadEvent> read = new ArrayList<>();
        for (Live live : retained) {
            fanOut.read(connection, live, connection.interests()).ifPresent(read::add);
        }
        CompletionStage<Void> _ = fanOut.open(connection, new byte[0], read, TestConnections.from(from));
        run();
    }

    private Live live(String data, Scope first, Scope... more) {
        return live(Event.to(first, more).data(data).build());
    }

    private Live live(Event event) {
        return new Live(event, new Position(1, ++sequence, 1), List.of());
    }

    @Test
    void connections_of_an_interest_are_closed_with_a_retry_delay_and_others_stay_open() {
        FakePipe first = open(one, A, B);
        FakePipe second = open(two, A);
        FakePipe other = open(one, B);

        CompletableFuture<Integer> count = fanOut.close(
                        Interest.in(Tenant.DEFAULT, A), CloseReason.DISCONNECTED, () -> 7)
                .toCompletableFuture();
        assertThat(count).isNotDone();
        run();

        assertThat(count).isCompletedWithValue(2);
        assertThat(closed).hasValue(2);
        assertThat(fanOut.connectionCount()).isEqualTo(1);
        assertThat(first.text()).isEqualTo(second.text()).endsWith("retry7;disconnected;");
        assertThat(other.text()).isEmpty();
        assertThat(fanOut.close(Interest.in(new Tenant("acme"), B), CloseReason.DISCONNECTED, () -> 7)
                        .toCompletableFuture())
                .isNotDone();
        run();
        assertThat(fanOut.connectionCount()).isEqualTo(1);
    }

    private void deliver(String data, Scope first, Scope... more) {
        fanOut.deliver(live(data, first, more));
        run();
    }

    private void run() {
        one.run();
        two.run();
    }

    @Test
    void event_is_encoded_once_for_all_connections_of_all_threads() {
        List<FakePipe> pipes = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            pipes.add(open(i % 2 == 0 ? one : two, A));
        }
        FakePipe other = open(one, B);
        deliver("1", A);

        assertThat(format.encoded).isEqualTo(1);
        assertThat(pipes).allSatisfy(p -> assertThat(p.text()).isEqualTo("1;"));
        assertThat(pipes).allSatisfy(p -> assertThat(p.writes).isLessThanOrEqualTo(2));
        assertThat(other.text()).isEmpty();
        assertThat(metrics.counter("carillon.events.delivered").count()).isEqualTo(100);
    }

    @Test
    void one_task_is_scheduled_for_many_events() {
        open(one, A);
        for (int i = 0; i < 50; i++) {
            fanOut.deliver(live("" + i, A));
        }

        assertThat(one.tasks).hasSize(1);
    }

    @Test
    void consecutive_events_of_one_list_are_written_together_without_overtaking_other_events() {
        FakePipe both = open(one, A, B);
        FakePipe onlyA = open(one, A);
        int before = both.writes;
        for (int i = 1; i <= 5; i++) {
            fanOut.deliver(live("a" + i, A));
        }
        fanOut.deliver(live("unread", Scope.topic("unread")));
        fanOut.deliver(live("a6", A));
        fanOut.deliver(live("b", B));
        fanOut.deliver(live("a7", A));
        run();

        assertThat(both.text()).isEqualTo("a1;a2;a3;a4;a5;a6;b;a7;");
        assertThat(both.writes - before).isEqualTo(3);
        assertThat(onlyA.text()).isEqualTo("a1;a2;a3;a4;a5;a6;a7;");
        assertThat(metrics.counter("carillon.events.delivered").count()).isEqualTo(8 + 7);
    }

    @Test
    void partly_written_batch_continues_where_it_stopped() {
        for (int accepted = 0; accepted <= 12; accepted++) {
            FakePipe slow = open(one, A);
            FakePipe fast = open(one, A);
            slow.capacity = accepted;
            for (int i = 1; i <= 4; i++) {
                fanOut.deliver(live("e" + i, A));
            }
            run();
            assertThat(slow.text()).isEqualTo("e1;e2;e3;e4;".substring(0, accepted));
            slow.accept(1_000);

            assertThat(slow.text()).isEqualTo("e1;e2;e3;e4;");
            assertThat(fast.text()).isEqualTo("e1;e2;e3;e4;");
            slow.disconnect();
            fast.disconnect();
        }
    }

    @Test
    void private_event_among_public_ones_reaches_only_clients_with_a_grant() {
        FakePipe stranger = open(one, A);
        FakePipe reader = new FakePipe();
        open(
                attach(
                        one,
                        reader,
                        new Grants(Tenant.DEFAULT, null, List.of(new Selector("topic:a")), List.of(), null),
                        A),
                Position.NONE);
        fanOut.deliver(live("1", A));
        fanOut.deliver(live(Event.to(A).data("gold").isPrivate(true).build()));
        fanOut.deliver(live("3", A));
        run();

        assertThat(stranger.text()).isEqualTo("1;3;");
        assertThat(reader.text()).isEqualTo("1;gold;3;");
    }

    @Test
    void event_of_several_scopes_is_written_once_and_order_holds_across_scopes() {
        FakePipe both = open(one, A, B);
        FakePipe onlyB = open(one, B);
        fanOut.deliver(live("1", A, B));
        fanOut.deliver(live("2", B));
        fanOut.deliver(live("3", A));
        fanOut.deliver(live("4", B, A));
        run();

        assertThat(both.text()).isEqualTo("1;2;3;4;");
        assertThat(onlyB.text()).isEqualTo("1;2;4;");
    }

    @Test
    void lagging_connection_receives_the_remaining_bytes_in_order() {
        FakePipe slow = open(one, A);
        FakePipe fast = open(one, A);
        slow.capacity = 3;
        deliver("first", A);
        deliver("second", A);
        assertThat(slow.text()).isEqualTo("fir");
        assertThat(metrics.get("carillon.outbox.bytes").gauge().value()).isEqualTo(3 + 7);
        slow.accept(5);
        deliver("third", A);
        slow.accept(1_000);
        assertThat(slow.writesWanted).isFalse();
        deliver("fourth", A);

        assertThat(slow.text()).isEqualTo("first;second;third;fourth;");
        assertThat(fast.text()).isEqualTo(slow.text());
        assertThat(metrics.get("carillon.outbox.bytes").gauge().value()).isZero();
    }

    @Test
    void late_event_is_delivered_to_clients_without_newer_events_and_announced_to_others() {
        FakePipe both = open(one, A, B);
        FakePipe onlyA = open(one, A);
        FakePipe onlyB = open(one, B);
        deliver("1", A, B);
        Live missing = live("2", A);
        deliver("3", B);

        fanOut.late(missing);
        run();
        deliver("4", A, B);

        assertThat(onlyA.text()).isEqualTo("1;2;4;");
        assertThat(onlyB.text()).isEqualTo("1;3;4;");
        assertThat(both.text())
                .isEqualTo("1;3;carillon.gap{\"reason\":\"late\",\"event\":\"" + missing.id()
                        + "\",\"after\":\"cursor:1:1.1.1\"};4;");
    }

    @Test
    void late_private_event_is_not_announced_to_clients_without_a_grant() {
        FakePipe stranger = open(one, A, B);
        Live missing = live(Event.to(A).data("gold").isPrivate(true).build());
        deliver("2", B);

        fanOut.late(missing);
        run();

        assertThat(stranger.text()).isEqualTo("2;");
    }

    @Test
    void lost_events_are_announced_once_to_the_connections_of_their_interests() {
        FakePipe both = open(one, A, B);
        FakePipe other = open(one, Scope.topic("other"));

        fanOut.lost(List.of(Interest.in(Tenant.DEFAULT, A), Interest.in(Tenant.DEFAULT, B)), new Position(1, 7, 1));
        run();

        assertThat(both.text()).isEqualTo("carillon.gap{\"reason\":\"lost\",\"after\":\"cursor:1:1.7.1\"};");
        assertThat(other.text()).isEmpty();
    }

    @Test
    void possible_loss_is_announced_to_an_opening_connection_and_does_not_count_as_a_delivery() {
        FakePipe pipe = new FakePipe();
        Connection opening = attach(one, pipe, Grants.ANONYMOUS, A);
        fanOut.mayHaveLost(Tenant.DEFAULT, new Position(1, 7, 1));
        fanOut.mayHaveLost(new Tenant("other"), new Position(1, 7, 1));
        run();

        open(opening, new Position(2, 1, 1));

        assertThat(pipe.text()).isEqualTo("carillon.gap{\"reason\":\"epoch\",\"after\":\"cursor:1:1.7.1\"};");
        fanOut.deliverLocally(Event.to(A).data("local").build());
        fanOut.sendTo(tenant -> true, "carillon.status", "{}");
        run();
        assertThat(pipe.text()).endsWith("local;carillon.status{};");
        assertThat(metrics.counter("carillon.events.delivered").count()).isEqualTo(1);
    }

    @Test
    void replay_waits_until_each_part_is_written_and_live_events_follow() {
        FakePipe pipe = new FakePipe();
        List<Interest> interests = List.of(Interest.in(Tenant.DEFAULT, A));
        Connection connection = fanOut.register(one, pipe, TestConnections.options(format), interests);
        pipe.capacity = 3;
        CompletableFuture<Void> first = replay(connection, "first;");
        deliver("before joining", A);
        assertThat(first).isNotDone();
        pipe.accept(100);
        assertThat(first).isCompleted();
        assertThat(fanOut.joinAsync(connection, interests).toCompletableFuture())
                .isNotDone();
        run();
        deliver("covered", A);
        Position head = new Position(1, sequence, 1);
        deliver("live", A);
        CompletableFuture<Void> second = replay(connection, "second;");
        run();
        assertThat(second).isCompleted();

        open(connection, head);

        assertThat(pipe.text()).isEqualTo("first;second;live;");
    }

    @Test
    void membership_does_not_deliver_events_before_its_start() {
        FakePipe pipe = new FakePipe();
        Connection connection = attach(one, pipe, Grants.ANONYMOUS, A);
        open(connection, Position.NONE);
        CompletionStage<Void> _ = fanOut.joinAsync(connection, List.of(Interest.in(Tenant.DEFAULT, B)));
        run();
        open(connection, new Position(1, 2, 1));
        deliver("1", B);
        deliver("2", A, B);
        deliver("3", B);

        assertThat(pipe.text()).isEqualTo("2;3;");
    }

    /** Completes when the part is written. */
    private CompletableFuture<Void> replay(Connection connection, String part) {
        return fanOut.replay(connection, Text.utf8(part))
                .thenCompose(x -> fanOut.awaitReplayWritten(connection))
                .toCompletableFuture();
    }

    @Test
    void replay_to_a_client_that_reads_nothing_fails_and_closes_the_connection() {
        FakePipe pipe = new FakePipe();
        pipe.capacity = 0;
        List<Interest> interests = List.of(Interest.in(Tenant.DEFAULT, A));
        Connection connection = fanOut.register(one, pipe, TestConnections.options(format), interests);
        CompletableFuture<Void> part = replay(connection, "part;");
        for (int second = 0; second <= 31; second++) {
            fanOut.tick();
            run();
        }

        assertThat(pipe.closed).isTrue();
        assertThat(part)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(ConnectionClosedException.class);
        assertThat(fanOut.connectionCount()).isZero();
    }

    @Test
    void connection_with_a_full_outbox_is_closed_and_delays_no_other() {
        FakePipe stuck = open(one, A);
        FakePipe fast = open(one, A);
        stuck.capacity = 0;
        for (int i = 0; i < 11; i++) {
            deliver("" + i, A);
        }

        assertThat(stuck.closed).isTrue();
        assertThat(closed).hasValue(1);
        assertThat(fast.text()).endsWith("9;10;");
        assertThat(metrics.counter("carillon.connections.closed", "reason", "slow")
                        .count())
                .isEqualTo(1);
        assertThat(metrics.get("carillon.outbox.bytes").gauge().value()).isZero();
        assertThat(fanOut.connectionCount()).isEqualTo(1);
    }

    @Test
    void outbox_is_limited_in_bytes_but_accepts_one_event_of_any_size() {
        FakePipe stuck = open(one, A);
        stuck.capacity = 0;
        deliver("x".repeat(2 * OUTBOX_BYTES), A);
        assertThat(stuck.closed).isFalse();
        deliver("y", A);
        assertThat(stuck.closed).isTrue();
    }

    @Test
    void event_larger_than_a_batch_is_written_completely() {
        FakePipe pipe = open(one, A);
        String large = "x".repeat(200_000);
        pipe.capacity = 100_000;
        deliver(large, A);
        pipe.accept(Integer.MAX_VALUE);

        assertThat(pipe.text()).isEqualTo(large + ";");
    }

    @Test
    void connections_that_fail_during_an_iteration_do_not_affect_others() {
        List<FakePipe> pipes = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            pipes.add(open(one, A, B));
        }
        for (int i = 0; i < 30; i += 3) {
            pipes.get(i).broken = true;
        }
        deliver("1", A, B);
        deliver("2", B);

        for (int i = 0; i < 30; i++) {
            assertThat(pipes.get(i).text()).isEqualTo(i % 3 == 0 ? "" : "1;2;");
        }
        assertThat(closed).hasValue(10);
        assertThat(fanOut.connectionCount()).isEqualTo(20);
    }

    @Test
    void opening_connection_buffers_live_events_and_drops_those_before_its_start() {
        FakePipe pipe = new FakePipe();
        Live retained = live("retained", A);
        Connection connection = attach(one, pipe, Grants.ANONYMOUS, A, B);
        deliver("covered", A);
        Position head = new Position(1, sequence, 1);
        deliver("early", B);
        assertThat(pipe.text()).isEmpty();
        open(connection, head, retained);
        deliver("live", A);
        fanOut.deliver(new Live(Event.to(A).data("old").build(), head, List.of()));
        fanOut.deliver(new Live(Event.to(A).data("new epoch").build(), new Position(2, 1, 1), List.of()));
        run();

        assertThat(pipe.text()).isEqualTo("retained;early;live;new epoch;");
    }

    @Test
    void event_before_the_start_is_dropped_even_if_it_is_the_first_one() {
        FakePipe pipe = new FakePipe();
        Live covered = live("covered", A);
        open(attach(one, pipe, Grants.ANONYMOUS, A), covered.at());
        fanOut.deliver(covered);
        run();
        deliver("live", A);

        assertThat(pipe.text()).isEqualTo("live;");
    }

    @Test
    void buffer_of_an_opening_connection_is_limited() {
        FakePipe pipe = new FakePipe();
        attach(one, pipe, Grants.ANONYMOUS, A);
        for (int i = 0; i < 11; i++) {
            deliver("" + i, A);
        }

        assertThat(pipe.closed).isTrue();
        assertThat(closed).hasValue(1);
    }

    @Test
    void private_events_need_a_grant_except_in_personal_scopes() {
        Grants grant = new Grants(Tenant.DEFAULT, null, List.of(new Selector("topic:b")), List.of(), null);
        FakePipe granted = new FakePipe();
        open(attach(one, granted, grant, A), Position.NONE);
        FakePipe stranger = open(one, A);
        FakePipe alice = open(one, A, Scope.user("alice"));
        fanOut.deliver(live(Event.to(A, B).data("1").isPrivate(true).build()));
        fanOut.deliver(live(Event.to(A).data("2").isPrivate(true).build()));
        fanOut.deliver(
                live(Event.to(A, Scope.user("alice")).data("3").isPrivate(true).build()));
        deliver("4", A);

        assertThat(granted.text()).isEqualTo("1;4;");
        assertThat(stranger.text()).isEqualTo("4;");
        assertThat(alice.text()).isEqualTo("3;4;");
    }

    @Test
    void heartbeats_are_sent_to_idle_connections_only() {
        FakePipe quiet = open(one, A);
        FakePipe busy = open(one, B);
        for (int second = 0; second < 4; second++) {
            fanOut.tick();
            run();
            deliver("x", B);
        }

        assertThat(quiet.text()).isEqualTo("::");
        assertThat(busy.text()).isEqualTo("x;x;x;x;");
    }

    @Test
    void connection_is_closed_when_its_grants_expire() {
        FakePipe pipe = new FakePipe();
        Grants brief = new Grants(Tenant.DEFAULT, null, List.of(), List.of(), now.plusSeconds(60));
        open(attach(one, pipe, brief, A), Position.NONE);
        now = now.plusSeconds(59);
        fanOut.tick();
        run();
        assertThat(pipe.closed).isFalse();
        now = now.plusSeconds(1);
        fanOut.tick();
        run();

        assertThat(pipe.closed).isTrue();
        assertThat(fanOut.connectionCount()).isZero();
    }

    @Test
    void closed_connections_leave_no_state() {
        List<FakePipe> pipes = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            pipes.add(open(one, A, Scope.tab("t" + i)));
        }
        pipes.forEach(FakePipe::disconnect);
        pipes.forEach(FakePipe::disconnect);

        assertThat(closed).hasValue(1_000);
        assertThat(fanOut.connectionCount()).isZero();
        fanOut.forEachWorker(worker -> assertThat(worker.listCount()).isZero());
        deliver("unread", A);
        assertThat(metrics.counter("carillon.events.delivered").count()).isZero();
    }

    @Test
    void connections_of_an_overloaded_thread_are_closed() {
        FakePipe pipe = open(one, A);
        FakePipe elsewhere = open(two, A);
        String data = "x".repeat(250_000);
        for (int i = 0; i < 280; i++) {
            fanOut.deliver(live(data, A));
            two.run();
        }
        run();

        assertThat(pipe.closed).isTrue();
        assertThat(elsewhere.closed).isFalse();
        FakePipe again = open(one, A);
        deliver("later", A);
        assertThat(again.text()).isEqualTo("later;");
        for (int i = 0; i < 280; i++) {
            fanOut.deliver(live(data, A));
            two.run();
        }
        run();
        assertThat(again.closed).as("a second time").isTrue();
    }

    @Test
    void failure_to_close_one_connection_does_not_affect_others() {
        FakePipe first = open(one, A);
        FakePipe failing = new FakePipe();
        ConnectionOptions options = TestConnections.options(Grants.ANONYMOUS, format, () -> {
            throw new IllegalStateException("by the test");
        });
        List<Interest> interests = List.of(Interest.in(Tenant.DEFAULT, A));
        open(TestConnections.attach(fanOut, one, failing, options, interests), Position.NONE);
        FakePipe last = open(one, A);
        fanOut.endAll(CloseReason.STOPPING, () -> 7);
        run();
        deliver("unread", A);

        assertThat(first.closed && last.closed).isTrue();
        assertThat(fanOut.connectionCount()).isZero();
    }

    @Test
    void closing_all_connections_sends_the_reason_to_each() {
        FakePipe first = open(one, A);
        FakePipe second = open(two, A);
        fanOut.endAll(CloseReason.STOPPING, () -> 7);
        run();

        assertThat(first.text() + second.text()).isEqualTo("retry7;stopping;retry7;stopping;");
        assertThat(first.closed && second.closed).isTrue();
        assertThat(closed).hasValue(2);
    }
}
