package dev.carillon.broker;

/**
 * The appends of a node since its broker was opened.
 *
 * @param calls requests to the broker's server that append events
 * @param events broadcasts in these requests
 */
public record AppendCounts(long calls, long events) {
    public static final AppendCounts NONE = new AppendCounts(0, 0);
}
