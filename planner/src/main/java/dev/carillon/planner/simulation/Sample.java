package dev.carillon.planner.simulation;

/**
 * The cluster at one moment.
 *
 * @param at seconds since the begin
 * @param connected clients with a stream
 * @param waiting clients without one, the most since the last sample
 * @param p99Seconds 99th percentile of the delivery time now; NaN while nothing can be delivered
 * @param busiest utilisation of the busiest node, the highest since the last sample
 * @param mean utilisation of all nodes
 */
public record Sample(double at, double connected, double waiting, double p99Seconds, double busiest, double mean) {}
