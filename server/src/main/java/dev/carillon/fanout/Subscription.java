package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.broker.Interest;
import java.util.List;

/**
 * What a connection is to have.
 *
 * @param interests its scopes; each counted by the feed until {@code onClosed}
 * @param onClosed called once when the connection is gone, on its I/O thread; must not block
 */
public record Subscription(Grants grants, List<Interest> interests, Runnable onClosed) {
    public Subscription {
        interests = List.copyOf(interests);
    }
}
