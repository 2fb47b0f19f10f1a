package dev.carillon.lab.account;

import java.util.Collections;
import java.util.Set;

/**
 * What one client asked for, and may have.
 *
 * @param tenant that its token names, or the default one
 * @param scopes that it is in
 * @param granted scopes whose private events its token lets it read; an event that is in one of these needs to be in one of the others, too,
 *     which may be another
 */
public record Subscriber(String tenant, Set<String> scopes, Set<String> granted) {
    public Subscriber {
        scopes = Set.copyOf(scopes);
        granted = Set.copyOf(granted);
    }

    /** Whether it must get the lane's events; otherwise it must not. */
    boolean isDue(Lane lane) {
        return tenant.equals(lane.tenant())
                && !Collections.disjoint(scopes, lane.scopes())
                && (!lane.restricted() || !Collections.disjoint(granted, lane.scopes()));
    }
}
