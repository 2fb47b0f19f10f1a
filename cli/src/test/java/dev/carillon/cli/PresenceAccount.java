package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one source tells of joins and leaves: webhooks, or the event streams of clients that watch one scope each. Each user must join and leave in turn in each scope.
 * Thread-safe.
 */
final class PresenceAccount implements FleetObserver {
    private static final JsonMapper JSON = new JsonMapper();

    private final String name;
    private final List<String> scopes;
    private final Map<String, String> last = new LinkedHashMap<>();
    private final Map<String, Integer> counts = new HashMap<>();
    private final Set<String> ids = new HashSet<>();
    private final List<String> problems = new ArrayList<>();
    private int repeated;

    /** @param scopes of the clients, by number */
    PresenceAccount(String name, List<String> scopes) {
        this.name = name;
        this.scopes = List.copyOf(scopes);
    }

    /** A change that arrives at least once. */
    synchronized void webhook(JsonNode change) {
        if (!ids.add(change.path("id").asText())) {
            repeated++;
            return;
        }
        String type = change.path("type").asText();
        String scope = change.path("scope").asText();
        add(scope, change.path("user").asText("*"), type);
    }

    /** An event that arrives once. */
    @Override
    public synchronized void event(int client, StreamEvent event, long nanos) {
        switch (event.type()) {
            case "carillon.join" -> add(scopes.get(client), user(event), "joined");
            case "carillon.leave" -> add(scopes.get(client), user(event), "left");
            case "carillon.gap" -> problems.add(client + " had a gap: " + event.data());
            default -> {}
        }
    }

    private static String user(StreamEvent event) {
        try {
            return JSON.readTree(event.data()).path("user").asText();
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private void add(String scope, String user, String type) {
        counts.merge(type, 1, Integer::sum);
        boolean in = type.equals("joined") || type.equals("occupied");
        String before = last.put(scope + " " + user, type);
        boolean wasIn = "joined".equals(before) || "occupied".equals(before);
        if (in == wasIn) {
            problems.add(scope + " " + user + ": " + type + " after " + before);
        }
        if (user.equals("*")) {
            return;
        }
        if (scopes.isEmpty() && in && !"occupied".equals(last.get(scope + " *"))) {
            problems.add(scope + " " + user + " joined a scope that is not occupied");
        }
    }

    synchronized int count(String type) {
        return counts.getOrDefault(type, 0);
    }

    synchronized int repeated() {
        return repeated;
    }

    /** So many changes, and no user twice in a scope, or out of it. */
    synchronized void assertExactly(int joined, int left) {
        assertThat(problems).as(name).isEmpty();
        assertThat(count("joined")).as(name + ": joined").isEqualTo(joined);
        assertThat(count("left")).as(name + ": left").isEqualTo(left);
    }

    synchronized boolean has(int joined, int left) {
        return !problems.isEmpty() || (count("joined") >= joined && count("left") >= left);
    }

    @Override
    public synchronized String toString() {
        return name + " " + counts
                + (problems.isEmpty() ? "" : " " + problems.subList(0, Math.min(5, problems.size())));
    }
}
