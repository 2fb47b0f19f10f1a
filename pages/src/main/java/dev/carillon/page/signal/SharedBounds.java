package dev.carillon.page.signal;

/**
 * How much the shared signals of a tenant may hold.
 *
 * @param signalBytes maximum size of one signal
 * @param totalBytes maximum size of all signals
 */
public record SharedBounds(int signalBytes, long totalBytes) {
    /** Maximum number of signals. */
    public static final int MAX_SIGNALS = 9_000;
}
