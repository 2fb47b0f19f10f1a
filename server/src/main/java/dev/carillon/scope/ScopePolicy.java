package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ConfigException;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What holds for the scopes that a selector matches.
 *
 * @param historyEvents how many events of such a scope can be read again, 0 to {@value #MAX_HISTORY_EVENTS}; with 0 its
 *     events carry no id on a stream, as an id would promise that one can resume from it
 * @param historyAge for how long, 0 to 24 hours
 * @param outage what becomes of broadcasts while the broker is away
 * @param slow what becomes of events for a client that reads too slowly
 */
public record ScopePolicy(Selector scopes, int historyEvents, Duration historyAge, Outage outage, Slow slow) {
    private static final String KEY = "scope-policies";
    private static final Pattern ROW =
            Pattern.compile("(.+)=(\\d{1,7})(?:/(\\d{1,6})([smh]))?(/node)?(?:/(disconnect|drop-oldest|latest))?");

    public static final int MAX_HISTORY_EVENTS = 1_000_000;
    public static final Duration MAX_HISTORY_AGE = Duration.ofHours(24);

    /** What becomes of broadcasts while the broker is away. */
    public enum Outage {
        /** They are refused: whoever broadcasts knows, and can repeat. */
        REFUSE,
        /** They reach the clients of the node that has them, and nobody else, ever; only for scopes without history. */
        NODE
    }

    /** What becomes of events for a client whose outbox is full. */
    public enum Slow {
        /** It is cut off; it comes back and goes on from its last event. */
        DISCONNECT,
        /** The oldest that wait are dropped, and it is told how many. */
        DROP_OLDEST,
        /** Of events with a key only the newest of the key waits, at any time; beyond that as {@link #DROP_OLDEST}. */
        LATEST
    }

    public ScopePolicy(Selector scopes, int historyEvents, Duration historyAge) {
        this(scopes, historyEvents, historyAge, Outage.REFUSE, Slow.DISCONNECT);
    }

    public ScopePolicy {
        if (historyEvents < 0 || historyEvents > MAX_HISTORY_EVENTS) {
            throw new ConfigException(KEY, historyEvents + " events", "must be between 0 and " + MAX_HISTORY_EVENTS);
        }
        if (historyAge.isNegative() || historyAge.compareTo(MAX_HISTORY_AGE) > 0) {
            throw new ConfigException(KEY, historyAge, "must be between 0 and " + MAX_HISTORY_AGE);
        }
    }

    /**
     * Reads a row such as {@code topic:chat/*=500/10m}, {@code topic:cursors/*=0} or {@code topic:cursors/*=0/node/latest}: what stands
     * before the last {@code =} selects, what follows is how many events, for how long, {@code node} for {@link Outage#NODE}, and
     * {@code drop-oldest} or {@code latest} for what {@link Slow} says.
     *
     * @throws ConfigException that names the row and the rule
     */
    static ScopePolicy parse(String row) {
        Matcher matcher = ROW.matcher(row);
        if (!matcher.matches()) {
            throw new ConfigException(
                    KEY, row, "must be rows such as topic:chat/*=500/10m, or topic:cursors/*=0 for none");
        }
        Selector selector;
        try {
            selector = new Selector(matcher.group(1));
        } catch (CarillonException e) {
            throw new ConfigException(KEY, row, "must begin with scopes, in which * matches any characters");
        }
        int events = Integer.parseInt(matcher.group(2));
        boolean node = matcher.group(5) != null;
        if (events > 0 && (matcher.group(3) == null || node)) {
            throw new ConfigException(
                    KEY,
                    row,
                    node ? "a scope with history cannot have /node" : "must tell for how long, as in 500/10m");
        }
        Duration age =
                matcher.group(3) == null ? Duration.ZERO : Duration.parse("PT" + matcher.group(3) + matcher.group(4));
        String slow = matcher.group(6);
        return new ScopePolicy(
                selector,
                events,
                age,
                node ? Outage.NODE : Outage.REFUSE,
                slow == null
                        ? Slow.DISCONNECT
                        : Slow.valueOf(slow.replace('-', '_').toUpperCase(Locale.ROOT)));
    }

    public boolean keepsHistory() {
        return historyEvents > 0 && !historyAge.isZero();
    }
}
