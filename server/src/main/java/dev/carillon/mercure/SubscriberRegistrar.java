package dev.carillon.mercure;

/** Registers the subscribers that connect to this node. */
@FunctionalInterface
interface SubscriberRegistrar {
    /** Registers nothing: subscriptions are not announced. */
    SubscriberRegistrar NONE = (token, query, address) -> () -> {};

    /**
     * Registers a subscriber. Runs on the request's I/O thread; must not block.
     *
     * @param address key of the client's address
     * @return the task that unregisters the subscriber, to be called once when it has disconnected, on an I/O thread; does not block
     * @throws dev.carillon.base.CarillonException when the subscriber is refused; then nothing was registered
     */
    Runnable register(MercureGrants token, TopicQuery query, long address);
}
