package dev.carillon.client;

import java.util.List;

/** Receives the events of a {@link Feed}, on its virtual thread: one call after the other. While one blocks, nothing is read. */
public interface FeedListener {
    /** Called once for each event, in the order of the log; after a reconnect with many topics, missed events of {@code global} may come before theirs. */
    void event(FeedEvent event);

    /** Events are missing; those that come next are later ones. */
    void gap(Gap gap);

    /** The connection is open: the first one, or another one after a disconnect. */
    default void opened() {}

    /** A connection has ended, or could not be opened. The feed opens another one after a pause, until it is closed. */
    default void failed(ClientException reason) {}

    /**
     * The application of the cluster has withdrawn the right to read scopes, which the feed does not have any more.
     *
     * @param scopes such as {@code topic:orders}
     */
    default void withdrawn(List<String> scopes) {}
}
