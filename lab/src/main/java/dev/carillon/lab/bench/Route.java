package dev.carillon.lab.bench;

import dev.carillon.lab.fleet.Fleet;
import dev.carillon.process.LiveHeap;
import dev.carillon.process.ProcessCost;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A way from the clients to a node, directly or through a proxy.
 *
 * @param port of the node or the proxy
 * @param tls of the clients; null: without TLS
 * @param jvm process of a proxy that is a JVM; 0: none
 * @param others processes of a proxy of another project
 * @param rounds results so far
 */
record Route(
        String name,
        BenchNode node,
        int port,
        Fleet.@Nullable Tls tls,
        long jvm,
        Supplier<LongStream> others,
        List<Round> rounds) {
    /**
     * The result of a round; costs are those of the node and of the proxy, if there is one.
     *
     * @param connectMicros processor time per stream that opened
     * @param eventMicros processor time per delivery
     * @param p50Micros median latency from the broadcast to the client
     * @param p99Micros 99th percentile of the latency
     * @param descriptors descriptors per stream
     * @param memoryBytes memory per stream: live heap of JVMs, and resident memory of other programs
     */
    record Round(
            double connectMicros,
            double eventMicros,
            double p50Micros,
            double p99Micros,
            double descriptors,
            double memoryBytes) {}

    /** What the processes have used so far. */
    record Used(long cpuMillis, long descriptors) {
        double cpuMicrosSince(Used before) {
            return 1_000.0 * (cpuMillis - before.cpuMillis);
        }
    }

    static Route direct(String name, BenchNode node, Fleet.@Nullable Tls tls) {
        return new Route(name, node, node.address().getPort(), tls, 0, LongStream::empty, new ArrayList<>());
    }

    private LongStream jvms() {
        return jvm == 0 ? LongStream.of(node.pid()) : LongStream.of(node.pid(), jvm);
    }

    Used used() {
        List<ProcessCost> all = LongStream.concat(jvms(), others.get())
                .mapToObj(ProcessCost::of)
                .toList();
        return new Used(
                all.stream().mapToLong(ProcessCost::cpuMillis).sum(),
                all.stream().mapToLong(ProcessCost::descriptors).sum());
    }

    long memoryBytes() {
        return jvms().map(LiveHeap::bytes).sum()
                + others.get().map(pid -> ProcessCost.of(pid).residentBytes()).sum();
    }
}
