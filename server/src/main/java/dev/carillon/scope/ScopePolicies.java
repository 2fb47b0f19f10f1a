package dev.carillon.scope;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The table of policies: the first whose selector matches a scope holds for it. */
public final class ScopePolicies {
    private static final ScopePolicy LAST = new ScopePolicy(new Selector("*"), 1_000, Duration.ofSeconds(60));

    public static final ScopePolicies DEFAULT = new ScopePolicies(List.of(
            new ScopePolicy(new Selector("system"), 0, Duration.ZERO),
            new ScopePolicy(new Selector("topic:*"), 10_000, Duration.ofHours(1)),
            LAST));

    private final List<ScopePolicy> table;

    /** @param table at most 100 rows; scopes that none matches keep 1,000 events for 60 s */
    public ScopePolicies(List<ScopePolicy> table) {
        if (table.size() > 100) {
            throw new IllegalArgumentException("more than 100 scope policies");
        }
        this.table = List.copyOf(table);
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
        if (event.isSystem()) {
            return false;
        }
        for (Scope scope : event.scopes()) {
            if (of(scope).keepsHistory()) {
                return true;
            }
        }
        return false;
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
