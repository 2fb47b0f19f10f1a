package dev.carillon.delivery;

import dev.carillon.broker.Interest;
import dev.carillon.history.StartPoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Scopes that a connection is to receive.
 *
 * @param from start point to resume these scopes from; scopes that the connection already has are replayed from there too. Null: start as a new
 *     subscriber
 */
public record Subscription(
        List<Interest> interests, @Nullable StartPoint from) {
    public Subscription(Collection<Interest> interests, @Nullable StartPoint from) {
        this(List.copyOf(new LinkedHashSet<>(interests)), from);
    }

    /** As a new subscriber only to scopes that the connection does not have. */
    Subscription without(Set<Interest> present) {
        if (from != null) {
            return this;
        }
        List<Interest> more = new ArrayList<>(interests);
        more.removeIf(present::contains);
        return new Subscription(more, null);
    }
}
