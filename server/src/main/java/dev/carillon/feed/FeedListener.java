package dev.carillon.feed;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.concurrent.CompletionStage;

/** Takes what a {@link Feed} hands on, for each tenant by one thread at a time; must not block. */
public interface FeedListener {
    /** The next event in log order. */
    void deliver(Live live);

    /** Completes when what was handed on so far has left the queues between here and the connections. */
    CompletionStage<Void> settled();

    /** An event that was missing, and is found after later ones have been handed on: whoever has one of those is told only. */
    void late(Live live);

    /**
     * Something of the interests is missing, and the log does not have it any more.
     *
     * @param after up to which nothing is missing
     */
    void lost(Collection<Interest> interests, Position after);

    /**
     * The log of a tenant has begun a new epoch: what was acknowledged at the end of the one before, and did not come, may be
     * missing, and nobody can know.
     *
     * @param after the last event that was handed on
     */
    void mayHaveLost(Tenant tenant, Position after);
}
