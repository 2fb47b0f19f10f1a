package dev.carillon.broker;

/**
 * One node's link to the broker. All methods are thread-safe and return at once, except {@link #close()}.
 *
 * <p>Every stage completes within {@link BrokerOptions#timeout()} (paged reads: within that time per page), with a value or with a {@link
 * dev.carillon.base.CarillonException}, mostly {@link BrokerUnavailableException}. Stages may complete on a thread of the implementation:
 * dependent stages must not block.
 */
public interface Broker extends AutoCloseable {
    /** The driver's name, such as {@code memory}, {@code redis} or {@code nats}. */
    String driver();

    Channel channel();

    Log log();

    Store store();

    Health health();

    /**
     * Ends all subscriptions and releases all resources; may block for up to two seconds. Later calls fail with {@link
     * BrokerUnavailableException}.
     */
    @Override
    void close();
}
