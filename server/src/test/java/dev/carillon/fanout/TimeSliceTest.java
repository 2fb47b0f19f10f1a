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

/** Long walks, taken in slices, with connections that come and go in between; by pipes alone, and past them. */
@ParameterizedClass
@ValueSource(booleans = {false, true})
class TimeSliceTest {
    private static final Scope A = Scope.topic("a");
    private static final Scope B = Scope.topic("b");
    private static final int CLIENTS = 300;
    /** One slice is over after a few dozen of such writes. */
    private static final long SLOW_WRITE_NANOS = 100_000;

    @Parameter
    boolean direct;

    private final FakeBulkSender sends = new FakeBulkSender();
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
            () -> direct ? Optional.of(sends) : Optional.empty());
    private final List<FakePipe> pipes = new ArrayList<>();
    private long sequence;

    /** A socket whose writes take their time. */
    private static final class SlowPipe implements Pipe {
        private final FakePipe to;
        private final int descriptor;

        SlowPipe(FakePipe to, FakeBulkSender sends) {
            this.to = to;
            this.descriptor = sends.connect(this);
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
                fanOut, thread, new SlowPipe(pipe, sends), TestConnections.options(format), interests);
        // As from a broker: everything until now is in its snapshot.
        CompletionStage<Void> _ =
                fanOut.open(connection, new byte[0], List.of(), TestConnections.from(new Position(1, sequence, 1)));
        return pipe;
    }

    private void deliver(Scope first, Scope... more) {
        Event event = Event.to(first, more).data("" + (sequence + 1)).build();
        fanOut.deliver(new Live(event, new Position(1, ++sequence, 1), List.of()));
    }

    @Test
    void sockets_have_their_turn_during_a_long_walk() {
        for (int i = 0; i < CLIENTS; i++) {
            pipes.add(open(A));
        }
        thread.run();
        deliver(A);
        thread.runOnce();

        long written = pipes.stream().filter(p -> !p.text().isEmpty()).count();
        assertThat(written).isBetween(1L, CLIENTS - 1L);
        assertThat(thread.tasks).isEmpty();
        assertThat(thread.afterSockets).hasSize(1);
        deliver(A);
        assertThat(thread.tasks).as("it is scheduled already").isEmpty();
        thread.run();
        assertThat(pipes).allSatisfy(p -> assertThat(p.text()).isEqualTo("1;2;"));
    }

    @Test
    void each_gets_each_event_once_and_in_order_while_others_come_and_go_in_between() {
        Random random = new Random(7);
        List<FakePipe> gone = new ArrayList<>();
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
            if (!gone.contains(leaving)) {
                leaving.leaves();
                gone.add(leaving);
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
            if (gone.contains(pipe)) {
                assertThat(expected.subList(0, seen.size())).isEqualTo(seen);
            } else {
                assertThat(seen).isEqualTo(expected);
            }
        }
        assertThat(fanOut.connectionCount()).isEqualTo(pipes.size() - gone.size());
    }

    @Test
    void who_leaves_before_its_turn_costs_nobody_an_event_and_gives_nobody_one_twice() {
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
        leaving.forEach(FakePipe::leaves);
        thread.run();

        assertThat(pipes).allSatisfy(p -> assertThat(p.text()).isEqualTo(leaving.contains(p) ? "1;" : "1;2;"));
    }

    @Test
    void walk_goes_on_where_most_of_its_list_has_left_meanwhile() {
        for (int i = 0; i < CLIENTS; i++) {
            pipes.add(open(A));
        }
        thread.run();
        deliver(A);
        thread.runOnce();
        List<FakePipe> left = pipes.subList(0, 5);
        pipes.subList(5, CLIENTS).forEach(FakePipe::leaves);
        thread.run();

        assertThat(left).allSatisfy(p -> assertThat(p.text()).isEqualTo("1;"));
    }

    @Test
    void what_all_are_told_is_told_once_also_to_who_takes_the_place_of_one_that_left() {
        for (int i = 0; i < CLIENTS; i++) {
            pipes.add(open(A));
        }
        thread.run();
        fanOut.sendToAll("word", "");
        thread.runOnce();
        pipes.subList(0, 50).forEach(FakePipe::leaves);
        thread.run();

        assertThat(pipes.subList(50, CLIENTS))
                .allSatisfy(p -> assertThat(p.text()).isEqualTo("word;"));
    }

    @Test
    void end_of_all_ends_each_once_also_in_slices() {
        for (int i = 0; i < CLIENTS; i++) {
            pipes.add(open(A));
        }
        thread.run();
        fanOut.sendToAll("word", "");
        fanOut.endAll(CloseReason.STOPPING, () -> 1);
        thread.run();

        assertThat(pipes).allSatisfy(p -> assertThat(p.text()).isEqualTo("word;retry1;stopping;"));
        assertThat(Collections.frequency(pipes.stream().map(p -> p.closed).toList(), true))
                .isEqualTo(CLIENTS);
        assertThat(fanOut.connectionCount()).isZero();
    }
}
