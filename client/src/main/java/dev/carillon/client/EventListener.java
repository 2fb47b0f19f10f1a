package dev.carillon.client;

/** Receives the events of a subscription, on its virtual thread: one call after the other, and it may block. An exception ends the subscription. */
public interface EventListener {
    /** Called once for each event, in the order of the log. */
    void event(ReceivedEvent event);

    /** Events are missing; those that come next are later ones. */
    default void gap(Gap gap) {}

    /**
     * A stream is open: the first one, or another one after a disconnect.
     *
     * @param node id of the node
     */
    default void opened(String node) {}

    /** A stream has ended, or could not be opened; the subscription opens another one after a pause. */
    default void failed(ClientException reason) {}

    /** The subscription has ended by itself: a token was refused, access was revoked, or the request is invalid. */
    default void ended(ClientException reason) {}
}
