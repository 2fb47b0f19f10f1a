package dev.carillon.mercure;

import java.util.List;

/**
 * The active subscribers of a tenant, on all nodes.
 *
 * @param truncated whether there may be more: the store lists at most {@link dev.carillon.broker.Store#MAX_LIST}
 */
public record Listing(List<Subscriber> subscribers, boolean truncated) {
    public Listing {
        subscribers = List.copyOf(subscribers);
    }
}
