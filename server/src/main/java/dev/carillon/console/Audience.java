package dev.carillon.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.Text;
import dev.carillon.broker.Interest;
import dev.carillon.fanout.Connection;
import dev.carillon.scope.Scope;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One look at all connections of this node: the scopes and tenants with most of them, and those that most bytes wait for. Its memory is bounded by {@value #MAX_SCOPES}
 * scopes and tenants each; more are not counted, and the result says so. Visited on the I/O threads of the connections.
 */
final class Audience {
    static final int MAX_SCOPES = 20_000;
    static final int TOP = 15;

    private static final int TOP_SLOW = 10;
    static final int MAX_NAME_CHARS = 120;

    private final Map<Interest, AtomicInteger> scopes = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> tenants = new ConcurrentHashMap<>();
    private final AtomicInteger lagging = new AtomicInteger();
    private volatile boolean truncated;
    // Guarded by itself. The least first.
    private final PriorityQueue<Slow> slowest = new PriorityQueue<>(Comparator.comparingInt(Slow::bytes));

    /** A client that does not read as fast as events come. */
    private record Slow(int bytes, ObjectNode json) {}

    void visit(Connection connection) {
        count(tenants, connection.grants().tenant().name());
        for (Interest interest : connection.interests()) {
            Scope scope = interest.scope();
            // The others are of one user each.
            if (scope != null
                    && (scope.kind() == Scope.Kind.TOPIC
                            || scope.kind() == Scope.Kind.ROUTE
                            || scope.kind() == Scope.Kind.GLOBAL)) {
                count(scopes, interest);
            }
        }
        int waiting = connection.waitingBytes();
        if (waiting > 0) {
            lagging.incrementAndGet();
            noteSlow(connection, waiting);
        }
    }

    private <K> void count(Map<K, AtomicInteger> counts, K key) {
        AtomicInteger known = counts.get(key);
        if (known == null) {
            if (counts.size() >= MAX_SCOPES) {
                truncated = true;
                return;
            }
            known = counts.computeIfAbsent(key, k -> new AtomicInteger());
        }
        known.incrementAndGet();
    }

    private void noteSlow(Connection connection, int waiting) {
        synchronized (slowest) {
            if (slowest.size() >= TOP_SLOW && slowest.element().bytes() >= waiting) {
                return;
            }
            slowest.add(new Slow(waiting, described(connection, waiting)));
            if (slowest.size() > TOP_SLOW) {
                slowest.remove();
            }
        }
    }

    private static ObjectNode described(Connection connection, int waiting) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("bytes", waiting);
        json.put("tenant", connection.grants().tenant().name());
        String user = connection.grants().user();
        if (user != null) {
            json.put("user", Text.printable(user, MAX_NAME_CHARS));
        }
        connection.interests().stream()
                .map(Interest::scope)
                .filter(scope -> scope != null && scope.kind() == Scope.Kind.TAB)
                .findFirst()
                .ifPresent(tab -> json.put("context", tab.name()));
        return json.put("transport", connection.transport()).put("seconds", connection.ageSeconds());
    }

    /** Puts what was found; call it after the visits. */
    void putTo(ObjectNode json) {
        ArrayNode top = json.putArray("scopes");
        largest(scopes)
                .forEach(each -> top.addObject()
                        .put("tenant", each.getKey().tenant().name())
                        .put("scope", Text.printable(name(each.getKey()), MAX_NAME_CHARS))
                        .put("connections", each.getValue().get()));
        ObjectNode byTenant = json.putObject("tenants");
        largest(tenants)
                .forEach(each -> byTenant.put(each.getKey(), each.getValue().get()));
        json.put("scopesTruncated", truncated).put("lagging", lagging.get());
        ArrayNode slow = json.putArray("slow");
        synchronized (slowest) {
            slowest.stream()
                    .sorted(Comparator.comparingInt(Slow::bytes).reversed())
                    .forEach(each -> slow.add(each.json()));
        }
    }

    private static String name(Interest interest) {
        Scope scope = interest.scope();
        return scope == null ? "" : scope.text();
    }

    private static <K> List<Map.Entry<K, AtomicInteger>> largest(Map<K, AtomicInteger> counts) {
        return counts.entrySet().stream()
                .sorted(Comparator.comparingInt((Map.Entry<K, AtomicInteger> each) ->
                                each.getValue().get())
                        .reversed())
                .limit(TOP)
                .toList();
    }
}
