package dev.carillon.lab.account;

import java.util.Collections;
import java.util.Set;

/**
 * The subscriptions and grants of one client.
 *
 * @param tenant tenant of its token, or the default tenant
 * @param scopes scopes that it subscribes to
 * @param granted scopes whose private events it may read; a private event is delivered if one of its scopes is subscribed to and one, perhaps
 *     another, is granted
 */
public record Subscriber(String tenant, Set<String> scopes, Set<String> granted) {
    public Subscriber {
        scopes = Set.copyOf(scopes);
        granted = Set.copyOf(granted);
    }

    /** Whether it must receive the events of a sequence; if not, it must receive none of them. */
    boolean expects(EventSequence sequence) {
        return tenant.equals(sequence.tenant())
                && !Collections.disjoint(scopes, sequence.scopes())
                && (!sequence.restricted() || !Collections.disjoint(granted, sequence.scopes()));
    }
}
