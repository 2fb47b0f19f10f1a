package dev.carillon.jmh;

import dev.carillon.broker.Live;
import dev.carillon.format.WireFormats;
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
import org.openjdk.jmh.annotations.Warmup;

/** Encoding of an event, which happens once per wire format. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class EncodingBenchmark {
    @Param({"100", "1024", "16384"})
    int bytes;

    private Live live;

    @Setup
    public void event() {
        live = new FanOutFixture().event(FanOutFixture.topic(0), "x".repeat(bytes));
    }

    @Benchmark
    public byte[] sse() {
        return WireFormats.SSE.encode(live, true);
    }

    @Benchmark
    public byte[] sse_gzip() {
        return WireFormats.SSE_GZIP.encode(live, true);
    }

    @Benchmark
    public byte[] web_socket() {
        return WireFormats.WEBSOCKET.encode(live, true);
    }
}
