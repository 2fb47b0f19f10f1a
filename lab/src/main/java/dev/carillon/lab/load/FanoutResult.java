package dev.carillon.lab.load;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a {@link Fanout}. Times are in microseconds where a name says so; shares go from 0 to 1.
 *
 * @param valid whether the figures are of the nodes, and not of the load generator
 * @param invalidBecause why not
 * @param clean whether every connection had every event once and in order, and none ended
 * @param notes what a reader should know
 * @param nodes null: their processes were not watched
 * @param slow null: no client stalls, or the nodes were not asked
 * @param seconds the run by seconds, warm-up included
 * @param curve the latency that a share of all deliveries did not exceed, in rising order
 */
public record FanoutResult(
        Setup setup,
        boolean valid,
        List<String> invalidBecause,
        boolean clean,
        boolean endedEarly,
        List<String> notes,
        Connections connections,
        Broadcasts broadcasts,
        Accounting accounting,
        Throughput throughput,
        Latency latency,
        @Nullable Nodes nodes,
        @Nullable Slow slow,
        Strain generator,
        List<Second> seconds,
        List<Point> curve) {

    /** What was asked for; {@code ratePerSecond} 0: as fast as it went. */
    public record Setup(
            String begun,
            String machine,
            String protocol,
            boolean gzip,
            int nodes,
            int connections,
            int stalled,
            int topics,
            int payloadBytes,
            double ratePerSecond,
            int window,
            int warmUpSeconds,
            int seconds) {}

    /**
     * The connections.
     *
     * @param opened how many had a stream
     * @param openedPerSecond at the start
     * @param compressed how many had a compressed one
     * @param ended how many of those that read lost it before the end
     * @param stalledCut how many of those that do not read the nodes had cut off by the end
     */
    public record Connections(int opened, double openedPerSecond, int compressed, int ended, int stalledCut) {}

    /**
     * The broadcasts.
     *
     * @param failed refused, or without an answer
     * @param unsent due by the schedule, but the nodes left no connection for them
     */
    public record Broadcasts(long sent, long acknowledged, long failed, long unsent, double perSecond) {}

    /**
     * Deliveries against what was owed, of all connections that read, from the first broadcast on.
     *
     * @param received events, each once
     * @param missing owed to connections that stayed
     * @param cutOff owed to connections that ended
     * @param differingOrder connections with another order than the others of their topic
     * @param gaps events that told of a gap
     */
    public record Accounting(
            long expected,
            long received,
            long missing,
            long cutOff,
            long doubled,
            long outOfOrder,
            long differingOrder,
            long foreign,
            long gaps) {}

    /** Of the time that was measured, without warm-up; {@code bytesPerDelivery} as read from sockets. */
    public record Throughput(double seconds, long deliveries, double perSecond, double bytesPerDelivery) {}

    /** From the time at which an event was due to be broadcast to its reading by a client. */
    public record Latency(
            long count,
            long p50Micros,
            long p90Micros,
            long p99Micros,
            long p999Micros,
            long maxMicros,
            double meanMicros) {}

    /**
     * What the processes of the nodes cost, together.
     *
     * @param cpuMicrosPerDelivery in the time that was measured
     * @param cpuShare of one processor; 2 is two of them
     * @param connectCpuMicros for each stream that was opened
     * @param residentBytes at the end
     * @param residentBytesPerConnection what opening them added
     * @param heapBytesPerConnection the same of live heap; null: it was not asked for
     */
    public record Nodes(
            double cpuMicrosPerDelivery,
            double cpuShare,
            double connectCpuMicros,
            long residentBytes,
            double residentBytesPerConnection,
            @Nullable Double heapBytesPerConnection) {}

    /**
     * What became of clients that stall, by the metrics of all nodes, warm-up included.
     *
     * @param policy as nodes name it
     * @param cutOff clients that were cut off because they were slow
     * @param dropped events that were dropped by policy
     * @param told events of which the clients that stall were told that they miss them
     * @param replaced events that a newer one of their key replaced
     * @param abandoned events that waited when their client was cut off, or went
     * @param outboxBytes that waited for clients, at the highest, looked at four times a second
     * @param outboxBytesBound that may wait for all clients that stall
     */
    public record Slow(
            String policy,
            long cutOff,
            long dropped,
            long told,
            long replaced,
            long abandoned,
            long outboxBytes,
            long outboxBytesBound) {}

    /** One second of the run; no latencies: they are of the warm-up, or there are none. */
    public record Second(
            double at, boolean measured, double deliveriesPerSecond, long p50Micros, long p99Micros, long maxMicros) {}

    /** A point of the latency curve; {@code share} below 1. */
    public record Point(double share, long micros) {}

    public FanoutResult {
        invalidBecause = List.copyOf(invalidBecause);
        notes = List.copyOf(notes);
        seconds = List.copyOf(seconds);
        curve = List.copyOf(curve);
    }
}
