package dev.carillon.auth;

import dev.carillon.base.Text;
import java.util.Set;

/** The answer of an {@link Authorizer} to one broadcast. */
public sealed interface BroadcastDecision {
    /** The client may not broadcast the event. */
    record Refused() implements BroadcastDecision {}

    /** The client may broadcast the event, to all who may read its scopes. */
    record Allowed() implements BroadcastDecision {}

    /**
     * The client may broadcast the event, to these users only: it is private, and reaches those of them who are in one of its scopes.
     *
     * @param users 1 to {@value #MAX_USERS} users, of at most {@value #MAX_BYTES} bytes of UTF-8 in total
     */
    record AllowedTo(Set<String> users) implements BroadcastDecision {
        public static final int MAX_USERS = 10_000;
        public static final int MAX_BYTES = 64 * 1024;

        /** @throws IllegalArgumentException naming the bound that is exceeded */
        public AllowedTo {
            users = Set.copyOf(users);
            long bytes = 0;
            for (String user : users) {
                bytes += Text.utf8Length(user);
            }
            if (users.isEmpty() || users.size() > MAX_USERS || bytes > MAX_BYTES || users.contains("")) {
                throw new IllegalArgumentException("readers: must be 1 to " + MAX_USERS + " users of at most "
                        + MAX_BYTES + " bytes in total, but are " + users.size() + " of " + bytes + " bytes");
            }
        }
    }
}
