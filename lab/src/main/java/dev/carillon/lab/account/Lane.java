package dev.carillon.lab.account;

import java.util.List;

/**
 * Events that are numbered together: of one broadcaster, to the same scopes.
 *
 * @param number of the lane, from 0, in the run
 * @param tenant whose events they are
 * @param scopes of each of them, as in {@code topic:news}, or topics of the hub
 * @param restricted whether they are private: for those alone who may read private events of one of the scopes
 */
public record Lane(int number, String tenant, List<String> scopes, boolean restricted) {
    public Lane {
        scopes = List.copyOf(scopes);
    }
}
