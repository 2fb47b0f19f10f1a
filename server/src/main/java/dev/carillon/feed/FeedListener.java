package dev.carillon.feed;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.concurrent.CompletionStage;

/** Receives the events of a {@link Feed}, for each tenant by one thread at a time; must not block. */
public interface FeedListener {
    /** The next event in log order. */
    void deliver(Live live);

    /** Completes when the events delivered so far have left the queues between this listener and the connections. */
    CompletionStage<Void> settled();

    /**
     * Receives a missing event that was found after later events had been delivered: clients that received one of those are only notified
     * of a gap.
     */
    void late(Live live);

    /**
     * Events of the interests are missing and no longer in the log.
     *
     * @param after position up to which no event is missing
     */
    void lost(Collection<Interest> interests, Position after);

    /**
     * The log of a tenant has opened a new epoch. Events acknowledged at the end of the previous epoch that did not reach this node may
     * be missing, and this cannot be determined.
     *
     * @param after position of the last delivered event
     */
    void mayHaveLost(Tenant tenant, Position after);
}
