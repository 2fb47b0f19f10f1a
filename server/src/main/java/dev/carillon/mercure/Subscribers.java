package dev.carillon.mercure;

/** Is told of every subscriber of this node. */
@FunctionalInterface
interface Subscribers {
    /** Where nobody asks for them. */
    Subscribers UNCOUNTED = (token, query, address) -> () -> {};

    /**
     * Somebody subscribes; on the request's I/O thread, must not block.
     *
     * @param address stands for the client's
     * @return called once when the subscriber has gone, on an I/O thread; must not block
     * @throws dev.carillon.base.CarillonException when the subscriber must not be taken; then nothing was done
     */
    Runnable enter(MercureGrants token, TopicQuery query, long address);
}
