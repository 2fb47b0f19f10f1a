package dev.carillon.bench;

import java.util.Collections;
import java.util.Set;

/**
 * What one client asked for, and may have.
 *
 * @param tenant that its token names, or the default one
 * @param scopes that it is in
 * @param readsPrivate whether its token lets it read private events in all of them
 */
public record Subscriber(String tenant, Set<String> scopes, boolean readsPrivate) {
    public Subscriber {
        scopes = Set.copyOf(scopes);
    }

    /** Whether it must get the lane's events; otherwise it must not. */
    boolean isDue(Lane lane) {
        return tenant.equals(lane.tenant())
                && !Collections.disjoint(scopes, lane.scopes())
                && (readsPrivate || !lane.restricted());
    }
}
