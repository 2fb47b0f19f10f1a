package dev.carillon.scope;

import dev.carillon.base.ConfigException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The table of scope policies. The first policy whose selector matches a scope applies to it. Immutable. */
public final class ScopePolicies {
    private static final ScopePolicy LAST = new ScopePolicy(new Selector("*"), 1_000, Duration.ofSeconds(60));

    private static final ScopePolicy SYSTEM = new ScopePolicy(new Selector("system"), 0, Duration.ZERO);
    private static final ScopePolicy TOPICS = new ScopePolicy(new Selector("topic:*"), 10_000, Duration.ofHours(1));

    public static final ScopePolicies DEFAULT = new ScopePolicies(List.of(SYSTEM, TOPICS, LAST));

    private static final int MAX_POLICIES = 100;
    private static final int MAX_ROWS = 90;

    private final List<ScopePolicy> table;

    /**
     * A table without the default rows.
     *
     * @param table at most {@value #MAX_POLICIES} policies; a scope that matches none keeps 1,000 events for 60 s
     * @throws IllegalArgumentException if there are more
     */
    public ScopePolicies(List<ScopePolicy> table) {
        if (table.size() > MAX_POLICIES) {
            throw new IllegalArgumentException("more than " + MAX_POLICIES + " scope policies: " + table.size());
        }
        this.table = List.copyOf(table);
    }

    /**
     * The rows of the setting {@code scope-policies}, followed by the default rows. System events never keep history.
     *
     * @param rows at most {@value #MAX_ROWS}, each such as {@code topic:chat/*=500/10m}
     * @throws ConfigException naming the row and the rule
     */
    public static ScopePolicies parse(List<String> rows) {
        if (rows.size() > MAX_ROWS) {
            throw new ConfigException("scope-policies", rows.size() + " rows", "must be at most " + MAX_ROWS);
        }
        List<ScopePolicy> table = new ArrayList<>();
        table.add(SYSTEM);
        rows.forEach(row -> table.add(ScopePolicy.parse(row)));
        table.add(TOPICS);
        table.add(LAST);
        return new ScopePolicies(table);
    }

    /**
     * Whether the event may be delivered to the clients of one node only, while the broker is unavailable: all of its scopes have {@link
     * ScopePolicy.Outage#NODE}, and it is not retained.
     */
    public boolean reachesNodeAlone(Event event) {
        return event.scopes().stream().allMatch(scope -> of(scope).outage() == ScopePolicy.Outage.NODE)
                && !event.retain();
    }

    /** The policy that applies to the scope. */
    public ScopePolicy of(Scope scope) {
        for (ScopePolicy policy : table) {
            if (policy.scopes().matches(scope)) {
                return policy;
            }
        }
        return LAST;
    }

    /** Which clients can see the users in the scope. Only routes, topics and {@code global} have presence. */
    public ScopePolicy.Presence presence(Scope scope) {
        return switch (scope.kind()) {
            case ROUTE, TOPIC, GLOBAL -> of(scope).presence();
            case TAB, SESSION, USER, SYSTEM -> ScopePolicy.Presence.OFF;
        };
    }

    /** Whether any row has presence. */
    public boolean anyPresence() {
        return rows().anyMatch(policy -> policy.presence() != ScopePolicy.Presence.OFF);
    }

    /** Whether clients can resume after the event: one of its scopes keeps history, and it is not in a side log. */
    public boolean keepHistory(Event event) {
        if (event.isInSideLog()) {
            return false;
        }
        for (Scope scope : event.scopes()) {
            if (of(scope).keepsHistory()) {
                return true;
            }
        }
        return false;
    }

    /** The policy for slow clients, the strictest of the event's scopes: {@code DISCONNECT}, then {@code DROP_OLDEST}, then {@code LATEST}. */
    public ScopePolicy.Slow slow(Event event) {
        ScopePolicy.Slow strictest = ScopePolicy.Slow.LATEST;
        for (Scope scope : event.scopes()) {
            ScopePolicy.Slow slow = of(scope).slow();
            if (slow.compareTo(strictest) < 0) {
                strictest = slow;
            }
        }
        return strictest;
    }

    /** The longest history of any policy; the log must store events at least as long. */
    public Duration longestAge() {
        return table.stream()
                .map(ScopePolicy::historyAge)
                .max(Comparator.naturalOrder())
                .orElse(LAST.historyAge());
    }

    /** The largest number of events that any policy keeps of one scope; the log must store at least as many of each. */
    public int mostEvents() {
        return rows().mapToInt(ScopePolicy::historyEvents).max().orElse(0);
    }

    /** Includes the policy of scopes that match no row. */
    private Stream<ScopePolicy> rows() {
        return Stream.concat(table.stream(), Stream.of(LAST));
    }
}
