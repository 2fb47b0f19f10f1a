package dev.carillon.jmh;

import dev.carillon.auth.Grants;
import dev.carillon.base.Platform;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.ConnectionOptions;
import dev.carillon.fanout.FanOut;
import dev.carillon.fanout.FanOutConfig;
import dev.carillon.fanout.IoThread;
import dev.carillon.fanout.LiveFrom;
import dev.carillon.format.WireFormats;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

/** A fan-out with one I/O thread, the caller's, and sockets that accept everything. */
final class FanOutFixture {
    /** Queues tasks until {@link #run()}. */
    private static final class CallerThread implements IoThread {
        private final Queue<Runnable> tasks = new ArrayDeque<>();

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public void executeAfterSockets(Runnable task) {
            tasks.add(task);
        }

        void run() {
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
        }
    }

    private final CallerThread ioThread = new CallerThread();
    private final FanOut fanOut = new FanOut(
            FanOutConfig.DEFAULT,
            WireFormats.ALL,
            ScopePolicies.DEFAULT,
            new SimpleMeterRegistry(),
            Platform.system(),
            MemoryBudget.unlimited());
    private long sequence;

    /** Interests in topics, from {@code t<from>} on. */
    static List<Interest> topics(int from, int count) {
        return IntStream.range(from, from + count)
                .mapToObj(i -> Interest.in(Tenant.DEFAULT, topic(i)))
                .toList();
    }

    static Scope topic(int number) {
        return Scope.topic("t" + number);
    }

    /** An event with the next sequence. */
    Live event(Scope scope, String data) {
        return new Live(Event.to(scope).data(data).build(), new Position(1, ++sequence, 1), List.of());
    }

    OpenSocket join(List<Interest> interests) {
        OpenSocket socket = new OpenSocket();
        ConnectionOptions options = new ConnectionOptions(
                Grants.ANONYMOUS, WireFormats.SSE, MemoryBudget.NO_ADDRESS, (closed, reason, of) -> {});
        Connection connection = fanOut.take(ioThread, socket, options, interests);
        fanOut.enlist(connection, interests);
        CompletionStage<Void> _ = fanOut.open(connection, new byte[0], List.of(), LiveFrom.NONE);
        ioThread.run();
        return socket;
    }

    void deliver(Live live) {
        fanOut.deliver(live);
        ioThread.run();
    }

    int connections() {
        return fanOut.connectionCount();
    }
}
