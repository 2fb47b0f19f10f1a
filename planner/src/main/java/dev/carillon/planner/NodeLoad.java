package dev.carillon.planner;

/**
 * What one node does when {@code nodes} nodes share the workload evenly; rates are per second.
 *
 * @param events events that reach the node
 * @param batch events that one write carries on average
 * @param processor processors used, by cause
 * @param capacity processors of the node after contention
 * @param memoryBytes memory that the node needs
 * @param heapBytes heap to give it
 * @param bitsOut bandwidth to clients
 * @param bitsIn bandwidth from the broker
 * @param p99Seconds 99th percentile of the delivery time
 */
public record NodeLoad(
        int nodes,
        double connections,
        double events,
        double deliveries,
        double broadcasts,
        double batch,
        Processor processor,
        double capacity,
        double memoryBytes,
        double heapBytes,
        double bitsOut,
        double bitsIn,
        double p99Seconds) {

    /**
     * Processors used, by cause.
     *
     * @param base the node itself
     * @param idle heartbeats of connections
     * @param events each event that reaches the node
     * @param writes writes to sockets
     * @param bytes bytes written
     * @param broadcasts accepting broadcasts
     */
    public record Processor(double base, double idle, double events, double writes, double bytes, double broadcasts) {
        public double total() {
            return base + idle + events + writes + bytes + broadcasts;
        }
    }

    /** Share of the node's processors in use; above 1 it cannot keep up. */
    public double utilisation() {
        return processor.total() / capacity;
    }

    /** Processor time per delivery with everything that the node does, in microseconds. */
    public double microsPerDelivery() {
        return deliveries == 0 ? 0 : processor.total() / deliveries * 1e6;
    }
}
