package dev.carillon.scope;

import dev.carillon.base.ConfigException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The table of policies: the first whose selector matches a scope holds for it. */
public final class ScopePolicies {
    private static final ScopePolicy LAST = new ScopePolicy(new Selector("*"), 1_000, Duration.ofSeconds(60));

    private static final ScopePolicy SYSTEM = new ScopePolicy(new Selector("system"), 0, Duration.ZERO);
    private static final ScopePolicy TOPICS = new ScopePolicy(new Selector("topic:*"), 10_000, Duration.ofHours(1));

    public static final ScopePolicies DEFAULT = new ScopePolicies(List.of(SYSTEM, TOPICS, LAST));

    private final List<ScopePolicy> table;

    /** @param table at most 100 rows; scopes that none matches keep 1,000 events for 60 s */
    public ScopePolicies(List<ScopePolicy> table) {
        if (table.size() > 100) {
            throw new IllegalArgumentException("more than 100 scope policies");
        }
        this.table = List.copyOf(table);
    }

    /**
     * The default table with rows before it, each as {@link ScopePolicy} reads it; system events never keep history.
     *
     * @throws ConfigException that names the row and the rule
     */
    public static ScopePolicies parse(List<String> rows) {
        if (rows.size() > 90) {
            throw new ConfigException("scope-policies", rows.size() + " rows", "must be at most 90");
        }
        List<ScopePolicy> table = new ArrayList<>();
        table.add(SYSTEM);
        rows.forEach(row -> table.add(ScopePolicy.parse(row)));
        table.add(TOPICS);
        table.add(LAST);
        return new ScopePolicies(table);
    }

    /** Whether a broadcast may be given to the clients of one node alone while the broker is away: each of its scopes allows it. */
    public boolean reachesNodeAlone(Event event) {
        return event.scopes().stream().allMatch(scope -> of(scope).outage() == ScopePolicy.Outage.NODE)
                && !event.retain();
    }

    public ScopePolicy of(Scope scope) {
        for (ScopePolicy policy : table) {
            if (policy.scopes().matches(scope)) {
                return policy;
            }
        }
        return LAST;
    }

    /** Whether one can resume from the event: one of its scopes keeps history. */
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

    /** What becomes of the event for a client that is slow: the strictest that one of its scopes says. */
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

    /** The longest that any scope keeps events: how long the log must keep them. */
    public Duration longestAge() {
        return table.stream()
                .map(ScopePolicy::historyAge)
                .max(Comparator.naturalOrder())
                .orElse(LAST.historyAge());
    }

    /** The most that any scope keeps: how many events of one scope the log must keep. */
    public int mostEvents() {
        return rows().mapToInt(ScopePolicy::historyEvents).max().orElse(0);
    }

    /** With the last one, which holds for what the table leaves out. */
    private Stream<ScopePolicy> rows() {
        return Stream.concat(table.stream(), Stream.of(LAST));
    }
}
