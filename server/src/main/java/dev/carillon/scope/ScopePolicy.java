package dev.carillon.scope;

import dev.carillon.base.ConfigException;
import java.time.Duration;

/**
 * What holds for the scopes that a selector matches.
 *
 * @param historyEvents how many events of such a scope can be read again, 0 to {@value #MAX_HISTORY_EVENTS}; with 0 its
 *     events carry no id on a stream, as an id would promise that one can resume from it
 * @param historyAge for how long, 0 to 24 hours
 */
public record ScopePolicy(Selector scopes, int historyEvents, Duration historyAge) {
    public static final int MAX_HISTORY_EVENTS = 1_000_000;
    public static final Duration MAX_HISTORY_AGE = Duration.ofHours(24);

    public ScopePolicy {
        if (historyEvents < 0 || historyEvents > MAX_HISTORY_EVENTS) {
            throw new ConfigException("history-events", historyEvents, "must be between 0 and " + MAX_HISTORY_EVENTS);
        }
        if (historyAge.isNegative() || historyAge.compareTo(MAX_HISTORY_AGE) > 0) {
            throw new ConfigException("history-age", historyAge, "must be between 0 and " + MAX_HISTORY_AGE);
        }
    }

    public boolean keepsHistory() {
        return historyEvents > 0 && !historyAge.isZero();
    }
}
