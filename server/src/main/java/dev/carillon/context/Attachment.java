package dev.carillon.context;

/**
 * A connection's attachment to its context.
 *
 * @param connection number of the connection among those of the context
 * @param resumed whether the client resumed its own context
 */
public record Attachment(Context context, int connection, boolean resumed) {}
