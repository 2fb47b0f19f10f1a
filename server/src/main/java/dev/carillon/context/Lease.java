package dev.carillon.context;

/**
 * A connection's hold on its context.
 *
 * @param resumed whether the client got its own context back
 */
public record Lease(Context context, int connection, boolean resumed) {}
