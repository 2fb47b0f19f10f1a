package dev.carillon.lab.account;

import java.util.List;

/**
 * A numbered sequence of events from one broadcaster to the same scopes.
 *
 * @param number number of the sequence in the run, from 0
 * @param tenant tenant of the events
 * @param scopes scopes of each event, as in {@code topic:news}, or topics of the hub
 * @param restricted whether the events are private: only for clients with a read grant for one of the scopes
 */
public record EventSequence(int number, String tenant, List<String> scopes, boolean restricted) {
    public EventSequence {
        scopes = List.copyOf(scopes);
    }
}
