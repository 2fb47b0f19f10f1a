package dev.carillon.presence;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The users in a scope, on all nodes, by name.
 *
 * @param truncated whether there may be more: the store lists at most {@link dev.carillon.broker.Store#MAX_LIST}
 */
public record UserList(List<User> users, boolean truncated) {
    /**
     * A user in a scope.
     *
     * @param data as JSON text; null: none
     */
    public record User(String name, @Nullable String data) {}

    public UserList {
        users = List.copyOf(users);
    }
}
