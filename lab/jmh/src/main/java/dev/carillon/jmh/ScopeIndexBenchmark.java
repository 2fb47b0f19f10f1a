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

/** The scope index of the fan-out: join, leave and lookup with few and many scopes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class ScopeIndexBenchmark {
    private static final int SCOPES_PER_CONNECTION = 1_000;

    /** Number of scopes in the index, {@value #SCOPES_PER_CONNECTION} per connection. */
    @Param({"1000", "100000"})
    int scopes;

    private FanOutFixture fixture;
    private List<Interest> joined;
    private OpenSocket last;
    private Live[] events;
    private int next;

    @Setup
    public void listen() {
        fixture = new FanOutFixture();
        for (int from = 0; from < scopes; from += SCOPES_PER_CONNECTION) {
            last = fixture.join(FanOutFixture.topics(from, SCOPES_PER_CONNECTION));
        }
        joined = FanOutFixture.topics(scopes - SCOPES_PER_CONNECTION, SCOPES_PER_CONNECTION);
        events = new Live[scopes];
        for (int i = 0; i < scopes; i++) {
            events[i] = fixture.event(FanOutFixture.topic(i), "x");
        }
    }

    /** Joins and leaves 1,000 scopes that another connection is in. */
    @Benchmark
    public long join_and_leave_of_1000_scopes() {
        OpenSocket socket = fixture.join(joined);
        socket.disconnect();
        return socket.bytes();
    }

    /** Delivers one event, with encoding, to one connection; each time in another scope. */
    @Benchmark
    public long lookup_and_delivery() {
        Live live = events[next];
        next = next + 1 == scopes ? 0 : next + 1;
        fixture.deliver(live);
        return last.bytes();
    }

    @TearDown
    public void check() {
        long before = last.bytes();
        fixture.deliver(fixture.event(FanOutFixture.topic(scopes - 1), "x"));
        if (fixture.connections() != scopes / SCOPES_PER_CONNECTION || last.bytes() == before) {
            throw new IllegalStateException("the benchmark did not deliver or leave");
        }
    }
}
