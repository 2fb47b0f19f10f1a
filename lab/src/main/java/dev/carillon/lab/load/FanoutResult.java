package dev.carillon.lab.load;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of a {@link Fanout}. Shares are between 0 and 1.
 *
 * @param valid whether the figures measure the nodes and not the load generator
 * @param invalidBecause reasons for which the run is not valid
 * @param clean whether every connection received every event once and in order, and none ended
 * @param notes remarks for the reader
 * @param nodes cost of the nodes; null if their processes were not monitored
 * @param processes use of each node, and then of each other monitored process
 * @param slow treatment of slow clients; null without stalled clients, or if the metrics were not read
 * @param seconds the run by seconds, with the warm-up
 * @param curve latency percentiles in ascending order
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
        List<ProcessUse> processes,
        @Nullable Slow slow,
        GeneratorLoad generator,
        List<Second> seconds,
        List<Point> curve) {

    /** The parameters of the run; {@code ratePerSecond} is 0 in a closed loop. */
    public record Setup(
            String startedAt,
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
     * @param opened number of streams that opened
     * @param openedPerSecond rate at which they opened
     * @param compressed number of compressed streams
     * @param ended number of reading connections that ended before the end of the run
     * @param stalledCut number of stalled connections that the nodes closed
     */
    public record Connections(int opened, double openedPerSecond, int compressed, int ended, int stalledCut) {}

    /**
     * The broadcasts.
     *
     * @param failed broadcasts that were refused or had no response
     * @param unsent broadcasts that were due but not sent, because no publisher connection was idle
     */
    public record Broadcasts(long sent, long acknowledged, long failed, long unsent, double perSecond) {}

    /**
     * Received and expected deliveries of all reading connections, from the first broadcast on.
     *
     * @param received deliveries without duplicates
     * @param missing missing deliveries of connections that stayed open
     * @param cutOff missing deliveries of connections that ended
     * @param differingOrder connections whose order differs from that of most connections of their topic
     * @param foreign events of another topic
     * @param gaps gaps that clients received
     */
    public record Accounting(
            long expected,
            long received,
            long missing,
            long cutOff,
            long duplicates,
            long outOfOrder,
            long differingOrder,
            long foreign,
            long gaps) {}

    /** Throughput of the measured time, without the warm-up; {@code bytesPerDelivery} are bytes read from sockets. */
    public record Throughput(double seconds, long deliveries, double perSecond, double bytesPerDelivery) {}

    /** Time from when an event was due to be broadcast until a client read it. */
    public record Latency(
            long count,
            long p50Micros,
            long p90Micros,
            long p99Micros,
            long p999Micros,
            long maxMicros,
            double meanMicros) {}

    /**
     * Cost of all node processes together.
     *
     * @param cpuMicrosPerDelivery processor time per delivery in the measured time
     * @param cpuShare processors used; 2 means two processors
     * @param connectCpuMicros processor time per stream that opened
     * @param residentBytes resident memory at the end
     * @param residentBytesPerConnection resident memory that a connection added
     * @param heapBytesPerConnection live heap that a connection added; null if it was not measured
     * @param idleCpuShare processors used while the connections were open without events; null if it was not measured
     */
    public record Nodes(
            double cpuMicrosPerDelivery,
            double cpuShare,
            double connectCpuMicros,
            long residentBytes,
            double residentBytesPerConnection,
            @Nullable Double heapBytesPerConnection,
            @Nullable Double idleCpuShare) {}

    /**
     * Treatment of stalled clients by the metrics of all nodes, with the warm-up.
     *
     * @param policy name of the policy
     * @param cutOff clients that were closed because they were slow
     * @param dropped events that were dropped by the policy
     * @param announced dropped events that gaps announced to the stalled clients
     * @param replaced events that a newer event of the same key replaced
     * @param abandoned events in outboxes of clients that were closed or left
     * @param outboxBytes largest size of all outboxes together, sampled four times per second
     * @param outboxBytesBound size limit of the outboxes of all stalled clients together
     */
    public record Slow(
            String policy,
            long cutOff,
            long dropped,
            long announced,
            long replaced,
            long abandoned,
            long outboxBytes,
            long outboxBytesBound) {}

    /** One second of the run; latencies are 0 during the warm-up and without deliveries. */
    public record Second(
            double at, boolean measured, double deliveriesPerSecond, long p50Micros, long p99Micros, long maxMicros) {}

    /** A latency percentile: this share of all deliveries, below 1, took at most {@code micros}. */
    public record Point(double share, long micros) {}

    public FanoutResult {
        invalidBecause = List.copyOf(invalidBecause);
        notes = List.copyOf(notes);
        processes = List.copyOf(processes);
        seconds = List.copyOf(seconds);
        curve = List.copyOf(curve);
    }
}
