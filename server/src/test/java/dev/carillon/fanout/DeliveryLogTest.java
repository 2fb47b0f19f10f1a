package dev.carillon.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.CloseReason;
import dev.carillon.base.Platform;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import dev.carillon.socket.SendMode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Exceptions are reported with the connection and the position, and nothing else is. */
class DeliveryLogTest {
    private static final Scope DROP = Scope.topic("drop");
    private static final Scope LATEST = Scope.topic("latest");
    private static final Scope TAB = Scope.tab("context");
    private static final int BOUND = 10;

    private final PlainFormat format = new PlainFormat();
    private final TestIoThread thread = new TestIoThread();
    private final FanOut fanOut = new FanOut(
            new FanOutConfig(64 * 1024, BOUND, Duration.ofSeconds(2), SendMode.CHANNEL),
            List.of(format),
            ScopePolicies.parse(List.of("topic:drop=100/1m/drop-oldest", "topic:latest=0/latest")),
            new SimpleMeterRegistry(),
            Platform.system(),
            MemoryBudget.unlimited());
    private final FakePipe pipe = new FakePipe();
    private final List<String> recorded = new ArrayList<>();
    private final List<ConnectionView> closed = new ArrayList<>();
    private final Connection connection;
    private long sequence;

    DeliveryLogTest() {
        fanOut.record(new DeliveryLog() {
            @Override
            public boolean isOn() {
                return true;
            }

            @Override
            public void leftOut(int number, Position at, Cause cause) {
                recorded.add(cause + " " + at.sequence());
            }

            @Override
            public void gap(int number, String reason, @Nullable Position after) {
                recorded.add("gap " + reason);
            }

            @Override
            public void left(ConnectionView leftOnly) {
                recorded.add("left " + leftOnly.held().size() + " at "
                        + leftOnly.last().sequence());
            }

            @Override
            public void closed(ConnectionView last, CloseReason reason) {
                recorded.add("closed " + reason.code());
                closed.add(last);
            }
        });
        List<Interest> interests = List.of(in(DROP), in(LATEST), in(TAB));
        connection = TestConnections.attach(fanOut, thread, pipe, TestConnections.options(format), interests);
        CompletionStage<Void> _ = fanOut.open(connection, new byte[0], List.of(), LiveFrom.NONE);
        thread.run();
    }

    private static Interest in(Scope scope) {
        return Interest.in(Tenant.DEFAULT, scope);
    }

    private void deliver(Event.Draft draft) {
        fanOut.deliver(new Live(draft.data("data").build(), new Position(1, ++sequence, 1), List.of()));
        thread.run();
    }

    @Test
    void events_that_are_written_are_not_reported_and_known_by_position() {
        for (int i = 0; i < 20; i++) {
            deliver(Event.to(DROP));
        }

        ConnectionView view = connection.view();

        assertThat(recorded).isEmpty();
        assertThat(view.last().sequence()).isEqualTo(20);
        assertThat(view.queuedFrom()).isNull();
        assertThat(view.context()).isEqualTo("context");
        assertThat(view.held()).hasSize(3).allMatch(held -> held.from() != null);
    }

    @Test
    void partly_written_event_is_the_first_that_is_queued() {
        deliver(Event.to(DROP));
        pipe.capacity = 2;
        deliver(Event.to(DROP));
        deliver(Event.to(DROP));

        assertThat(connection.view().queuedFrom()).isEqualTo(new Position(1, 2, 1));
        pipe.accept(Integer.MAX_VALUE);
        assertThat(connection.view().queuedFrom()).isNull();
        assertThat(recorded).isEmpty();
    }

    @Test
    void dropped_events_are_reported_each() {
        pipe.capacity = 2;
        for (int i = 0; i < 13; i++) {
            deliver(Event.to(DROP));
        }

        assertThat(recorded).containsExactly("OUTBOX_FULL 2", "OUTBOX_FULL 3", "OUTBOX_FULL 4");
        assertThat(connection.view().queuedFrom()).isEqualTo(new Position(1, 1, 1));
    }

    @Test
    void replaced_events_are_reported_each() {
        pipe.capacity = 0;
        deliver(Event.to(DROP));
        deliver(Event.to(LATEST).key("k"));
        deliver(Event.to(LATEST).key("other"));
        deliver(Event.to(LATEST).key("k"));
        deliver(Event.to(LATEST).key("k"));

        assertThat(recorded).containsExactly("REPLACED 2", "REPLACED 4");
    }

    @Test
    void closed_connection_is_reported_with_its_last_state() {
        deliver(Event.to(DROP));
        pipe.capacity = 0;
        deliver(Event.to(DROP));

        pipe.disconnect();
        thread.run();

        assertThat(recorded).containsExactly("closed " + CloseReason.CLIENT_LEFT.code());
        assertThat(closed.getFirst().last().sequence()).isEqualTo(2);
        assertThat(closed.getFirst().queuedFrom()).isEqualTo(new Position(1, 2, 1));
        assertThat(closed.getFirst().held()).hasSize(3);
    }

    @Test
    void late_event_is_reported_for_a_connection_that_had_a_later_one() {
        deliver(Event.to(DROP));
        deliver(Event.to(DROP));
        fanOut.late(new Live(Event.to(DROP).data("late").build(), new Position(1, 1, 1), List.of()));
        thread.run();

        assertThat(recorded).containsExactly("LATE 1");
    }

    @Test
    void left_interests_and_gaps_are_reported() {
        deliver(Event.to(DROP));
        CompletionStage<List<Interest>> left = fanOut.leave(connection, Set.of(in(DROP)));
        thread.run();
        byte[] gap = fanOut.gap(connection, "history", null);

        assertThat(left.toCompletableFuture().join()).containsExactly(in(DROP));
        assertThat(gap).isNotEmpty();
        assertThat(recorded).containsExactly("left 1 at 1", "gap history");
    }
}
