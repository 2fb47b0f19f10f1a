package dev.carillon.feed;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.scope.Position;
import java.util.Collection;

/** Takes what a {@link Feed} hands on, for each tenant by one thread at a time; must not block. */
public interface FeedListener {
    /** The next event in log order. */
    void deliver(Live live);

    /** An event that was missing, and is found after later ones have been handed on: whoever has one of those is told only. */
    void late(Live live);

    /**
     * Something of the interests is missing, and the log does not have it any more.
     *
     * @param after up to which nothing is missing
     */
    void lost(Collection<Interest> interests, Position after);
}
