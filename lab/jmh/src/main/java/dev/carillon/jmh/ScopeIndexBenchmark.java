package dev.carillon.jmh;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The lists of a hub: joining, leaving and finding among few and many scopes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class ScopeIndexBenchmark {
    private static final int OF_ONE = 1_000;

    /** How many scopes have a list, {@value #OF_ONE} of each connection. */
    @Param({"1000", "100000"})
    int scopes;

    private Listeners listeners;
    private List<Interest> joined;
    private OpenSocket last;
    private Live[] events;
    private int next;

    @Setup
    public void listen() {
        listeners = new Listeners();
        for (int from = 0; from < scopes; from += OF_ONE) {
            last = listeners.join(Listeners.topics(from, OF_ONE));
        }
        joined = Listeners.topics(scopes - OF_ONE, OF_ONE);
        events = new Live[scopes];
        for (int i = 0; i < scopes; i++) {
            events[i] = listeners.event(Listeners.topic(i), "x");
        }
    }

    /** One connection in 1,000 scopes that others are in, too, comes and goes. */
    @Benchmark
    public long join_and_leave_of_1000_scopes() {
        OpenSocket socket = listeners.join(joined);
        socket.leave();
        return socket.bytes();
    }

    /** One event for one connection, encoding included; the scope is another each time. */
    @Benchmark
    public long lookup_and_delivery() {
        Live live = events[next];
        next = next + 1 == scopes ? 0 : next + 1;
        listeners.deliver(live);
        return last.bytes();
    }

    @TearDown
    public void check() {
        long before = last.bytes();
        listeners.deliver(listeners.event(Listeners.topic(scopes - 1), "x"));
        if (listeners.connections() != scopes / OF_ONE || last.bytes() == before) {
            throw new IllegalStateException("what was measured was not done");
        }
    }
}
