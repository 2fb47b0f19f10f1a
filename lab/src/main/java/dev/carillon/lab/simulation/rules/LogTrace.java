package dev.carillon.lab.simulation.rules;

import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All that was ever appended to the log of a run, also what was lost since: what the checker knows, and no part of the system does. */
public final class LogTrace {
    /** An append. */
    record Appended(Position at, Set<Scope> scopes) {}

    private final List<Appended> appends = new ArrayList<>();
    private final Map<String, Integer> lossesAtBroadcast = new HashMap<>();
    private final List<String> violations = new ArrayList<>();
    /** Missing events by node and position, which may still be announced as late. */
    private final Map<String, String> missing = new LinkedHashMap<>();

    private int losses;

    /**
     * An event was appended.
     *
     * @param fingerprint of its broadcast; null: it cannot be repeated
     */
    public void appended(Position at, Set<Scope> scopes, @Nullable String fingerprint) {
        if (!appends.isEmpty() && !at.isAfter(appends.getLast().at())) {
            violated(
                    ModelRule.Check.POSITION,
                    at.text() + " is not after " + appends.getLast().at().text());
        }
        appends.add(new Appended(at, Set.copyOf(scopes)));
        if (fingerprint != null) {
            Integer before = lossesAtBroadcast.put(fingerprint, losses);
            if (before != null && before == losses) {
                violated(ModelRule.Check.REPEAT, "a broadcast was appended again at " + at.text());
            }
        }
    }

    /** The log restarts without some of its events. */
    public void lost() {
        losses++;
    }

    List<Appended> appends() {
        return appends;
    }

    void violated(ModelRule.Check check, String what) {
        violations.add("rule " + check + ": " + what);
    }

    void missing(String node, Position at, String what) {
        missing.put(node + " " + at.text(), "rule " + ModelRule.Check.COMPLETE + ": " + what);
    }

    /** A missing event is announced to the clients that have received a later one. */
    void late(String node, Position at) {
        missing.remove(node + " " + at.text());
    }

    /** What broke a rule, of the log and of all feeds. */
    public List<String> violations() {
        return Stream.concat(violations.stream(), missing.values().stream()).toList();
    }
}
