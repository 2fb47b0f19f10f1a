package dev.carillon.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.format.Gap;
import dev.carillon.format.WireFormat;
import dev.carillon.format.WireFormats;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import dev.carillon.socket.BulkSender;
import dev.carillon.socket.SendMode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bulk sends to cached sockets, which bypass the connections. */
class CachedSocketsTest {
    private static final Scope A = Scope.topic("a");
    private static final Scope B = Scope.topic("b");
    /** More than one bulk send can take. */
    private static final int CLIENTS = BulkSender.MAX_SOCKETS + 36;

    private final FakeBulkSender sender = new FakeBulkSender();
    private final PlainFormat format = new PlainFormat();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final TestIoThread thread = new TestIoThread();
    private final FanOut fanOut = new FanOut(
            new FanOutConfig(64 * 1024, 100, Duration.ofSeconds(2), SendMode.DIRECT),
            List.of(format, WireFormats.SSE),
            ScopePolicies.DEFAULT,
            metrics,
            Platform.system().clock(() -> Instant.EPOCH),
            MemoryBudget.unlimited(),
            () -> Optional.of(sender));
    private final List<FakePipe> pipes = new ArrayList<>();
    private final List<Connection> connections = new ArrayList<>();
    private long sequence;

    private FakePipe open(WireFormat as, LiveFrom from, Scope... scopes) {
        FakePipe pipe = new FakePipe();
        pipe.descriptor = sender.connect(pipe);
        List<Interest> interests = Arrays.stream(scopes)
                .map(s -> Interest.in(s.equals(Scope.SYSTEM) ? Tenant.SYSTEM : Tenant.DEFAULT, s))
                .toList();
        Connection connection = TestConnections.attach(fanOut, thread, pipe, TestConnections.options(as), interests);
        connections.add(connection);
        CompletionStage<Void> _ = fanOut.open(connection, new byte[0], List.of(), from);
        return pipe;
    }

    private Live live(Scope first, Scope... more) {
        Event event = Event.to(first, more).data("" + (sequence + 1)).build();
        return new Live(event, new Position(1, ++sequence, 1), List.of());
    }

    private void deliver(Scope first, Scope... more) {
        fanOut.deliver(live(first, more));
        thread.run();
    }

    @BeforeEach
    void cache_sockets() {
        for (int i = 0; i < CLIENTS; i++) {
            pipes.add(open(format, LiveFrom.NONE, A, B, Scope.SYSTEM));
        }
        deliver(A);
        assertThat(sender.sent).isZero();
        deliver(A);
        assertThat(sender.sent).isEqualTo(CLIENTS);
        sender.sent = 0;
    }

    private void assertAllReceivedExcept(@Nullable FakePipe one, String text) {
        assertThat(pipes)
                .filteredOn(p -> p != one)
                .allSatisfy(p -> assertThat(p.text()).isEqualTo(text));
    }

    @Test
    void rest_of_a_partial_write_precedes_later_events() {
        FakePipe slow = pipes.get(70);
        slow.capacity = 1;
        deliver(A);
        assertThat(slow.text()).isEqualTo("1;2;3");
        deliver(A);
        deliver(B);
        assertThat(sender.sent).isEqualTo(CLIENTS + CLIENTS - 1);
        slow.accept(1_000);
        assertThat(slow.text()).isEqualTo("1;2;3;4;5;");
        deliver(A);
        deliver(A);
        assertThat(sender.sent).as("its socket is cached again").isEqualTo(4 * CLIENTS - 2);
        assertThat(slow.text()).isEqualTo("1;2;3;4;5;6;7;");
        assertAllReceivedExcept(slow, "1;2;3;4;5;6;7;");
        assertThat(metrics.counter("carillon.events.delivered").count()).isEqualTo(7.0 * CLIENTS);
        assertThat(metrics.get("carillon.outbox.bytes").gauge().value()).isZero();
    }

    @Test
    void connection_that_joins_a_scope_buffers_events_of_its_cached_lists() {
        Connection joining = connections.get(5);
        FakePipe pipe = pipes.get(5);
        CompletionStage<Void> joined =
                fanOut.joinAsync(joining, List.of(Interest.in(Tenant.DEFAULT, Scope.topic("more"))));
        deliver(A);
        assertThat(joined.toCompletableFuture()).isCompleted();
        assertThat(pipe.text()).isEqualTo("1;2;");
        assertAllReceivedExcept(pipe, "1;2;3;");
        CompletionStage<Void> _ =
                fanOut.open(joining, new byte[0], List.of(), TestConnections.from(new Position(1, sequence, 1)));
        deliver(A);
        sender.sent = 0;
        deliver(A);

        assertThat(sender.sent).as("its socket is cached again").isEqualTo(CLIENTS);
        assertAllReceivedExcept(null, "1;2;3;4;5;");
    }

    @Test
    void connection_that_leaves_a_list_knows_the_events_that_its_cached_socket_received() {
        Connection leaving = connections.get(5);
        deliver(A);
        CompletionStage<List<Interest>> left = fanOut.leave(leaving, List.of(Interest.in(Tenant.DEFAULT, A)));
        thread.run();
        assertThat(left.toCompletableFuture()).isCompletedWithValue(List.of(Interest.in(Tenant.DEFAULT, A)));
        deliver(A);
        fanOut.late(new Live(Event.to(B).data("late").build(), new Position(1, 2, 1), List.of()));
        thread.run();

        assertThat(pipes.get(5).text()).startsWith("1;2;3;" + Gap.TYPE).doesNotContain("late;");
        assertThat(sender.sent).isEqualTo(2 * CLIENTS - 1);
    }

    @Test
    void full_socket_is_written_again_when_it_is_writable() {
        FakePipe full = pipes.get(0);
        full.capacity = 0;
        deliver(A);
        assertThat(full.writesWanted).isTrue();
        full.accept(1_000);
        assertThat(full.text()).isEqualTo("1;2;3;");
        assertAllReceivedExcept(full, "1;2;3;");
    }

    @Test
    void failed_sockets_close_only_their_connections() {
        List<FakePipe> broken = pipes.subList(10, 60);
        broken.forEach(p -> p.broken = true);
        deliver(A);
        assertThat(pipes).allSatisfy(p -> assertThat(p.closed).isEqualTo(broken.contains(p)));
        assertThat(fanOut.connectionCount()).isEqualTo(CLIENTS - broken.size());
        assertThat(metrics.counter("carillon.events.delivered").count()).isEqualTo(3.0 * CLIENTS - broken.size());
        deliver(A);
        assertThat(pipes).allSatisfy(p -> assertThat(p.text()).isEqualTo(broken.contains(p) ? "1;2;" : "1;2;3;4;"));
    }

    @Test
    void closed_connection_is_not_written_to_and_the_one_in_its_slot_is() {
        List<FakePipe> leaving = List.of(pipes.get(3), pipes.get(50), pipes.get(CLIENTS - 1), pipes.get(CLIENTS - 2));
        leaving.forEach(FakePipe::disconnect);
        deliver(A);
        assertThat(pipes).allSatisfy(p -> assertThat(p.text()).isEqualTo(leaving.contains(p) ? "1;2;" : "1;2;3;"));
        assertThat(sender.sent).isEqualTo(CLIENTS - leaving.size());
    }

    @Test
    void events_of_a_batch_are_counted_one_by_one() {
        fanOut.deliver(live(A));
        fanOut.deliver(live(A));
        fanOut.deliver(live(A));
        thread.run();
        assertThat(sender.sent).isEqualTo(CLIENTS);
        assertThat(metrics.counter("carillon.events.delivered").count()).isEqualTo(5.0 * CLIENTS);
        assertAllReceivedExcept(pipes.getFirst(), "1;2;3;4;5;");
    }

    @Test
    void events_of_several_lists_are_delivered_once_in_order() {
        deliver(B);
        deliver(A, B);
        deliver(B);
        deliver(A);
        deliver(Scope.SYSTEM);
        deliver(Scope.SYSTEM);
        deliver(A);
        assertThat(pipes).allSatisfy(p -> assertThat(p.text().replace(":", "")).isEqualTo("1;2;3;4;5;6;7;8;9;"));
        assertThat(sender.sent).isGreaterThan(3 * CLIENTS);
    }

    @Test
    void sockets_receive_their_own_format() {
        for (int i = 0; i < CLIENTS; i++) {
            pipes.add(open(WireFormats.SSE, TestConnections.from(new Position(1, sequence, 1)), A));
        }
        thread.run();
        deliver(A);
        deliver(A);
        assertThat(sender.sent).isEqualTo(3 * CLIENTS);
        assertThat(pipes.subList(0, CLIENTS))
                .allSatisfy(p -> assertThat(p.text()).isEqualTo("1;2;3;4;"));
        assertThat(pipes.subList(CLIENTS, 2 * CLIENTS))
                .allSatisfy(p -> assertThat(p.text())
                        .contains("data: 3\n\n", "data: 4\n\n")
                        .doesNotContain(";"));
    }

    @Test
    void late_event_is_announced_to_connections_whose_cached_socket_received_a_later_one() {
        Live late = live(A);
        deliver(A);
        fanOut.late(late);
        thread.run();
        assertThat(pipes).allSatisfy(p -> assertThat(p.text()).startsWith("1;2;4;carillon.gap"));
    }

    @Test
    void bulk_sends_count_as_writes_for_heartbeats() {
        for (int second = 0; second < 5; second++) {
            fanOut.tick();
            thread.run();
            deliver(A);
        }
        assertAllReceivedExcept(pipes.get(0), "1;2;3;4;5;6;7;");
        for (int second = 0; second < 3; second++) {
            fanOut.tick();
            thread.run();
        }
        assertThat(pipes).allSatisfy(p -> assertThat(p.text()).isEqualTo("1;2;3;4;5;6;7;:"));
    }

    @Test
    void events_before_the_start_of_a_stream_are_not_delivered() {
        FakePipe later = open(format, TestConnections.from(new Position(1, sequence + 2, 1)), A);
        thread.run();
        deliver(A);
        deliver(A);
        deliver(A);
        deliver(A);
        assertThat(later.text()).isEqualTo("5;6;");
        assertThat(sender.sent).isEqualTo(4 * CLIENTS + 2);
    }

    @Test
    void private_event_is_not_sent_to_cached_sockets_without_a_grant() {
        deliver(A);
        Event event = Event.to(A).data("" + (sequence + 1)).isPrivate(true).build();
        fanOut.deliver(new Live(event, new Position(1, ++sequence, 1), List.of()));
        deliver(A);
        assertThat(pipes).allSatisfy(p -> assertThat(p.text()).isEqualTo("1;2;3;5;"));
    }

    @Test
    void failed_bulk_send_closes_its_connections_and_others_continue_with_channels() {
        sender.broken = true;
        deliver(A);
        assertThat(sender.closed).isTrue();
        List<FakePipe> open = pipes.stream().filter(p -> !p.closed).toList();
        assertThat(open).hasSize(CLIENTS - BulkSender.MAX_SOCKETS);
        assertThat(open).allSatisfy(p -> assertThat(p.text()).isEqualTo("1;2;3;"));
        deliver(A);
        assertThat(open).allSatisfy(p -> assertThat(p.text()).isEqualTo("1;2;3;4;"));
        assertThat(sender.sent).isZero();
    }

    @Test
    void failed_bulk_send_of_one_format_does_not_affect_other_formats() {
        LiveFrom now = TestConnections.from(new Position(1, sequence, 1));
        for (int i = 0; i < CLIENTS; i++) {
            pipes.add(open(format, now, A));
            pipes.add(open(WireFormats.SSE, now, A));
        }
        thread.run();
        deliver(A);
        sender.broken = true;
        deliver(A);
        List<FakePipe> open = pipes.stream().filter(p -> !p.closed).toList();
        assertThat(open).hasSizeBetween(3 * CLIENTS - BulkSender.MAX_SOCKETS, 3 * CLIENTS - 1);
        assertThat(open)
                .allSatisfy(
                        p -> assertThat(p.text()).containsOnlyOnce(p.text().contains("data:") ? "data: 4\n" : "4;"));
        deliver(A);
        assertThat(open)
                .allSatisfy(
                        p -> assertThat(p.text()).containsOnlyOnce(p.text().contains("data:") ? "data: 5\n" : "5;"));
    }

    @Test
    void closing_the_fan_out_closes_the_bulk_sender() {
        fanOut.close();
        assertThat(sender.closed).isTrue();
    }
}
