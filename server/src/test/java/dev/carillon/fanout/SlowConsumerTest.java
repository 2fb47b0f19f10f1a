package dev.carillon.fanout;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Policies for a client that does not read, with an outbox of ten events. */
class SlowConsumerTest {
    private static final Scope DISCONNECT = Scope.topic("disconnect");
    private static final Scope DROP = Scope.topic("drop");
    private static final Scope LATEST = Scope.topic("latest");
    private static final int BOUND = 10;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final PlainFormat format = new PlainFormat();
    private final TestIoThread thread = new TestIoThread();
    private final FanOut fanOut = new FanOut(
            new FanOutConfig(64 * 1024, BOUND, Duration.ofSeconds(2), SendMode.CHANNEL),
            List.of(format),
            ScopePolicies.parse(List.of("topic:drop=100/1m/drop-oldest", "topic:latest=0/latest")),
            metrics,
            Platform.system().clock(() -> Instant.EPOCH),
            MemoryBudget.unlimited());
    private final FakePipe pipe = new FakePipe();
    private long sequence;

    private Connection attach() {
        List<Interest> interests = Stream.of(DISCONNECT, DROP, LATEST)
                .map(scope -> Interest.in(Tenant.DEFAULT, scope))
                .toList();
        return TestConnections.attach(fanOut, thread, pipe, TestConnections.options(format), interests);
    }

    private void open() {
        Connection connection = attach();
        CompletionStage<Void> _ = fanOut.open(connection, new byte[0], List.of(), LiveFrom.NONE);
        thread.run();
    }

    private void deliver(Event.Draft draft, String data) {
        fanOut.deliver(new Live(draft.data(data).build(), new Position(1, ++sequence, 1), List.of()));
        thread.run();
    }

    private double dropped(String reason) {
        return metrics.counter("carillon.events.dropped", "reason", reason).count();
    }

    @Test
    void drop_oldest_keeps_the_newest_events_and_announces_the_dropped_ones_in_their_place() {
        open();
        pipe.capacity = 2;
        for (int i = 1; i <= 15; i++) {
            deliver(Event.to(DROP), "e" + i);
        }
        assertThat(pipe.closed).isFalse();
        pipe.accept(Integer.MAX_VALUE);

        // The first event was partly written; the outbox holds nine events besides it.
        assertThat(pipe.text())
                .isEqualTo("e1;carillon.gap{\"reason\":\"slow\",\"dropped\":5,\"after\":\"cursor:1:1.1.1\"};"
                        + "e7;e8;e9;e10;e11;e12;e13;e14;e15;");
        assertThat(dropped("slow")).isEqualTo(5);
        assertThat(metrics.get("carillon.outbox.bytes").gauge().value()).isZero();
        assertThat(pipe.writesWanted).isFalse();
    }

    @Test
    void each_gap_counts_only_the_events_dropped_since_the_last_gap() {
        open();
        pipe.capacity = 0;
        for (int i = 1; i <= 12; i++) {
            deliver(Event.to(DROP), "a" + i);
        }
        pipe.accept(60);
        pipe.capacity = 0;
        for (int i = 1; i <= 12; i++) {
            deliver(Event.to(DROP), "b" + i);
        }
        pipe.accept(Integer.MAX_VALUE);

        assertThat(pipe.text())
                .startsWith("carillon.gap{\"reason\":\"slow\",\"dropped\":2,\"after\":\"cursor:1:1.0.1\"};");
        assertThat(pipe.text().split("carillon.gap", -1)).hasSize(3);
        long announced = Stream.of(pipe.text().split("\"dropped\":", -1))
                .skip(1)
                .mapToLong(s -> Long.parseLong(s.replaceAll("\\D.*", "")))
                .sum();
        long received = Stream.of(pipe.text().split(";", -1))
                .filter(s -> s.matches("[ab]\\d+"))
                .count();
        assertThat(announced).isEqualTo((long) dropped("slow"));
        assertThat(received + announced).isEqualTo(24);
    }

    @Test
    void only_the_newest_event_of_a_key_stays_queued_in_log_order() {
        open();
        pipe.capacity = 0;
        deliver(Event.to(LATEST).key("a"), "a1");
        deliver(Event.to(LATEST).key("b"), "b1");
        deliver(Event.to(DISCONNECT), "all");
        for (int i = 2; i <= 500; i++) {
            deliver(Event.to(LATEST).key("a"), "a" + i);
        }
        assertThat(pipe.closed).isFalse();
        pipe.accept(Integer.MAX_VALUE);

        assertThat(pipe.text()).isEqualTo("b1;all;a500;");
        assertThat(dropped("replaced")).isEqualTo(499);
        assertThat(metrics.get("carillon.outbox.bytes").gauge().value()).isZero();
    }

    @Test
    void partly_written_event_is_neither_replaced_nor_dropped() {
        open();
        pipe.capacity = 2;
        deliver(Event.to(LATEST).key("a"), "first");
        deliver(Event.to(LATEST).key("a"), "second");
        pipe.accept(6);
        assertThat(pipe.text()).isEqualTo("first;se");
        deliver(Event.to(LATEST).key("a"), "third");
        deliver(Event.to(LATEST).key("a"), "fourth");
        pipe.accept(Integer.MAX_VALUE);
        pipe.capacity = 0;
        deliver(Event.to(LATEST).key("a"), "fifth");
        pipe.accept(Integer.MAX_VALUE);

        assertThat(pipe.text()).isEqualTo("first;second;fourth;fifth;");
    }

    @Test
    void oldest_events_are_dropped_and_announced_if_there_are_too_many_keys() {
        open();
        pipe.capacity = 0;
        for (int i = 1; i <= 500; i++) {
            deliver(Event.to(LATEST).key("key " + i), "v" + i);
        }
        pipe.accept(Integer.MAX_VALUE);

        assertThat(pipe.text())
                .startsWith("carillon.gap{\"reason\":\"slow\",\"dropped\":490,")
                .endsWith("v499;v500;");
        assertThat(dropped("slow")).isEqualTo(490);
    }

    @Test
    void event_that_must_not_be_dropped_displaces_droppable_ones_or_disconnects() {
        open();
        pipe.capacity = 0;
        for (int i = 1; i <= BOUND; i++) {
            deliver(Event.to(i <= 2 ? DROP : DISCONNECT), "e" + i);
        }
        deliver(Event.to(DISCONNECT, DROP), "e11");
        deliver(Event.to(DISCONNECT), "e12");
        assertThat(pipe.closed).isFalse();
        deliver(Event.to(DROP), "itself");
        assertThat(pipe.closed).isFalse();
        assertThat(dropped("slow")).isEqualTo(3);
        deliver(Event.to(DISCONNECT), "too much");

        assertThat(pipe.closed).isTrue();
        assertThat(dropped("slow")).isEqualTo(3);
        assertThat(dropped("closed")).isEqualTo(BOUND);
        // The event that did not fit does not count as delivered.
        assertThat(delivered()).isEqualTo(3 + BOUND);
        assertThat(metrics.counter("carillon.connections.closed", "reason", "slow")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void written_and_queued_events_of_a_batch_count_as_delivered() {
        open();
        pipe.capacity = 5;
        for (int i = 1; i <= BOUND + 7; i++) {
            fanOut.deliver(live("e" + i));
        }
        thread.run();

        assertThat(pipe.closed).isTrue();
        assertThat(pipe.text()).isEqualTo("e1;e2");
        assertThat(dropped("closed")).isEqualTo(BOUND);
        assertThat(delivered()).isEqualTo(1 + BOUND);
    }

    @Test
    void events_buffered_for_a_connection_that_closes_before_it_is_open_count_as_dropped() {
        Connection connection = attach();
        fanOut.deliver(live("e1"));
        fanOut.deliver(live("e2"));
        fanOut.sendTo(tenant -> true, "carillon.status", "{}");
        thread.run();
        connection.closed();

        assertThat(delivered()).isEqualTo(2);
        assertThat(dropped("closed")).isEqualTo(2);
    }

    private Live live(String data) {
        return new Live(Event.to(DISCONNECT).data(data).build(), new Position(1, ++sequence, 1), List.of());
    }

    private double delivered() {
        return metrics.counter("carillon.events.delivered").count();
    }
}
