package dev.carillon.planner.calibration;

/**
 * One run of one node with the broker in memory, whose connections are all in one topic.
 *
 * @param webSocket whether clients used WebSockets
 * @param broadcasts per second
 * @param deliveries per second
 * @param bytes received per delivery
 * @param processors that the node used
 * @param heapBytes live heap that a connection added; 0 if it was not measured
 */
public record Measurement(
        boolean webSocket,
        double connections,
        double broadcasts,
        double deliveries,
        double bytes,
        double processors,
        double heapBytes) {}
