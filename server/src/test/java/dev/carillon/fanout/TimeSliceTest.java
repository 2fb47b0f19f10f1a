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
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Long tasks in time slices, with connections that open and close in between; with channels, and with bulk sends. */
@ParameterizedClass
@ValueSource(booleans = {false, true})
class TimeSliceTest {
    private static final Scope A = Scope.topic("a");
    private static final Scope B = Scope.topic("b");
    private static final int CLIENTS = 300;
    /** A slice ends after a few dozen such writes. */
    private static final long SLOW_WRITE_NANOS = 100_000;

    @Parameter
    boolean direct;

    private final FakeBulkSender sender = new FakeBulkSender();
    private final PlainFormat format = new PlainFormat();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final TestIoThread thread = new TestIoThread();
    private final FanOut fanOut = new FanOut(
            new FanOutConfig(64 * 1024, 100, Duration.ofSeconds(2), SendMode.CHANNEL),
            List.of(format),
            ScopePolicies.DEFAULT,
            metrics,
            Platform.system().clock(() -> Instant.EPOCH),
            MemoryBudget.unlimited(),
            () -> direct ? Optional.of(sender) : Optional.empty());
    private final List<FakePipe> pipes = new ArrayList<>();
    private long sequence;

    /** A socket with slow writes. */
    private static final class SlowPipe implements Pipe {
        private final FakePipe to;
        private final int descriptor;

        SlowPipe(FakePipe to, FakeBulkSender sender) {
            this.to = to;
            this.descriptor = sender.connect(this);
        }

        @Override
        public int descriptor() {
            return descriptor;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            long until = System.nanoTime() + SLOW_WRITE_NANOS;
            while (System.nanoTime() - until < 0) {
                Thread.onSpinWait();
            }
            return to.write(bytes);
        }

        @Override
        public void wantWrites(boolean wanted) {
            to.wantWrites(wanted);
        }

        @Override
        public void listen(PipeListener listener) {
            to.listen(listener);
        }

        @Override
        public void close() {
            to.close();
        }

        @Override
        public void closeAfterFlush() {
            to.closeAfterFlush();
        }
    }

    private FakePipe open(Scope... scopes) {
        FakePipe pipe = new FakePipe();
        List<Interest> interests =
                Arrays.stream(scopes).map(s -> Interest.in(Tenant.DEFAULT, s)).toList();
        Connection connection = TestConnections.attach(
                fanOut, thread, new SlowPipe(pipe, sender), TestConnections.options(format), interests);
        // As with a broker: its snapshot contains all events until now.
        CompletionStage<Void> _ =
                fanOut.open(connection, new byte[0], List.of(), TestConnections.from(new Position(1, sequence, 1)));
        return pipe;
    }

    private void deliver(Scope first, Scope... more) {
        Event event = Event.to(first, more).data("" + (sequence + 1)).build();
        fanOut.deliver(new Live(event, new Position(1, ++sequence, 1), List.of()));
    }

    @Test
    void sockets_are_polled_during_a_long_task() {
        for (int i = 0; i < CLIENTS; i++) {
            pipes.add(open(A));
        }
        thread.run();
        deliver(A);
        thread.runOnce();

        long written = pipes.stream().filter(p -> !p.text().isEmpty()).count();
        assertThat(written).isBetween(1L, CLIENTS - 1L);
        assertThat(thread.tasks).isEmpty();
        assertThat(thread.afterPolling).hasSize(1);
        deliver(A);
        assertThat(thread.tasks).as("already scheduled").isEmpty();
        thread.run();
        assertThat(pipes).allSatisfy(p -> assertThat(p.text()).isEqualTo("1;2;"));
    }

    @Test
    void connections_receive_each_event_once_in_order_while_others_open_and_close() {
        Random random = new Random(7);
        List<FakePipe> closed = new ArrayList<>();
        List<Long> since = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            pipes.add(open(A, B));
            since.add(sequence);
        }
        thread.run();
        for (int round = 0; round < 60; round++) {
            switch (random.nextInt(4)) {
                case 0 -> deliver(A);
                case 1 -> deliver(B);
                case 2 -> deliver(B, A);
                default -> fanOut.tick();
            }
            thread.runOnce();
            FakePipe leaving = pipes.get(random.nextInt(pipes.size()));
            if (!closed.contains(leaving)) {
                leaving.disconnect();
                closed.add(leaving);
            }
            since.add(sequence);
            pipes.add(open(A, B));
        }
        thread.run();

        for (int i = 0; i < pipes.size(); i++) {
            FakePipe pipe = pipes.get(i);
            List<String> seen = Arrays.stream(pipe.text().split(";", -1))
                    .map(s -> s.replace(":", ""))
                    .filter(s -> !s.isEmpty())
                    .toList();
            List<String> expected = new ArrayList<>();
            for (long n = since.get(i) + 1; n <= sequence; n++) {
                expected.add("" + n);
            }
            if (closed.contains(pipe)) {
                assertThat(expected.subList(0, seen.size())).isEqualTo(seen);
            } else {
                assertThat(seen).isEqualTo(expected);
            }
        }
        assertThat(fanOut.connectionCount()).isEqualTo(pipes.size() - closed.size());
    }

    @Test
    void closing_connections_during_a_delivery_causes_no_missing_or_duplicate_events() {
        for (int i = 0; i < CLIENTS; i++) {
            pipes.add(open(A));
        }
        thread.run();
        deliver(A);
        thread.run();
        deliver(A);
        thread.runOnce();
        List<FakePipe> waiting =
                pipes.stream().filter(p -> p.text().equals("1;")).toList();
        assertThat(waiting).hasSizeBetween(100, CLIENTS - 1);
        List<FakePipe> leaving = waiting.subList(10, 90);
        leaving.forEach(FakePipe::disconnect);
        thread.run();

        assertThat(pipes).allSatisfy(p -> assertThat(p.text()).isEqualTo(leaving.contains(p) ? "1;" : "1;2;"));
    }

    @Test
    void delivery_continues_after_most_connections_of_the_list_were_closed() {
        for (int i = 0; i < CLIENTS; i++) {
            pipes.add(open(A));
        }
        thread.run();
        deliver(A);
        thread.runOnce();
        List<FakePipe> open = pipes.subList(0, 5);
        pipes.subList(5, CLIENTS).forEach(FakePipe::disconnect);
        thread.run();

        assertThat(open).allSatisfy(p -> assertThat(p.text()).isEqualTo("1;"));
    }

    @Test
    void notice_to_all_is_written_once_to_each_although_connections_change_slots() {
        for (int i = 0; i < CLIENTS; i++) {
            pipes.add(open(A));
        }
        thread.run();
        fanOut.sendTo(tenant -> true, "notice", "");
        thread.runOnce();
        pipes.subList(0, 50).forEach(FakePipe::disconnect);
        thread.run();

        assertThat(pipes.subList(50, CLIENTS))
                .allSatisfy(p -> assertThat(p.text()).isEqualTo("notice;"));
    }

    @Test
    void closing_all_connections_in_slices_closes_each_once() {
        for (int i = 0; i < CLIENTS; i++) {
            pipes.add(open(A));
        }
        thread.run();
        fanOut.sendTo(tenant -> true, "notice", "");
        fanOut.endAll(CloseReason.STOPPING, () -> 1);
        thread.run();

        assertThat(pipes).allSatisfy(p -> assertThat(p.text()).isEqualTo("notice;retry1;stopping;"));
        assertThat(Collections.frequency(pipes.stream().map(p -> p.closed).toList(), true))
                .isEqualTo(CLIENTS);
        assertThat(fanOut.connectionCount()).isZero();
    }
}
