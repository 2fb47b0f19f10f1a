package dev.carillon.subscriptions;

import java.util.List;

/**
 * The active subscribers of a tenant, on all nodes.
 *
 * @param truncated whether subscribers may be missing: the store lists at most {@link dev.carillon.broker.Store#MAX_LIST}
 */
public record SubscriberList(List<Subscriber> subscribers, boolean truncated) {
    public SubscriberList {
        subscribers = List.copyOf(subscribers);
    }
}
