package dev.carillon.broker;

/**
 * One node's link to the broker. All of its methods are thread-safe and return at once, except {@link #close()}.
 *
 * <p>Stages end within {@link BrokerOptions#timeout()} (reads that page within that for each page): with a value, or with
 * an exception of {@link dev.carillon.base.CarillonException}: {@link BrokerUnavailableException} above all. They may be completed on a thread of
 * the implementation: what depends on them must not block.
 */
public interface Broker extends AutoCloseable {
    /** The driver's name, as in {@code memory}, {@code redis} or {@code nats}. */
    String driver();

    Channel channel();

    Log log();

    Store store();

    Health health();

    /** Leaves everything and frees what was opened; may block for up to two seconds. Later calls fail as away. */
    @Override
    void close();
}
