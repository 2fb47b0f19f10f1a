package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ConfigException;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * History, broker outages, slow clients and presence of the scopes that a selector matches. Immutable.
 *
 * @param historyEvents number of events that each scope keeps for clients that resume, 0 to {@value #MAX_HISTORY_EVENTS}; with 0, streams write
 *     no {@code id:} for its events, as no client could resume after them
 * @param historyAge how long events are kept, 0 to 24 hours
 * @param outage policy for broadcasts while the broker is unavailable
 * @param slow policy for events to a client whose outbox is full
 * @param presence whether the node tells which users are in the scopes
 */
public record ScopePolicy(
        Selector scopes, int historyEvents, Duration historyAge, Outage outage, Slow slow, Presence presence) {
    private static final String KEY = "scope-policies";
    private static final Pattern ROW = Pattern.compile(
            "(.+)=(\\d{1,7})(?:/(\\d{1,6})([smh]))?(/node)?(?:/(disconnect|drop-oldest|latest))?(?:/(presence|presence-private))?");

    public static final int MAX_HISTORY_EVENTS = 1_000_000;
    public static final Duration MAX_HISTORY_AGE = Duration.ofHours(24);

    /** Policy for broadcasts while the broker is unavailable. */
    public enum Outage {
        /** A broadcast is refused with {@code broker-unavailable}; the broadcaster can repeat it. */
        REFUSE,
        /** A broadcast is delivered to the clients of its node only, never to others. Only for scopes without history. */
        NODE
    }

    /** Policy for events to a client whose outbox is full; the strictest comes first. */
    public enum Slow {
        /** The client is disconnected; it reconnects and resumes after its last event. */
        DISCONNECT,
        /** The oldest queued events are dropped; the client receives {@code carillon.gap} with their number. */
        DROP_OLDEST,
        /** Only the newest event of each key stays queued, even if the outbox is not full; otherwise as {@link #DROP_OLDEST}. */
        LATEST
    }

    /** Whether clients can see which users are in a route, a topic or {@code global}. Other scopes have no presence. */
    public enum Presence {
        /** No client can. */
        OFF,
        /** Everyone who may read public events of the scope. */
        PUBLIC,
        /** Only those with a grant to read the scope. */
        PRIVATE
    }

    /** With {@link Outage#REFUSE}, {@link Slow#DISCONNECT} and {@link Presence#OFF}. */
    public ScopePolicy(Selector scopes, int historyEvents, Duration historyAge) {
        this(scopes, historyEvents, historyAge, Outage.REFUSE, Slow.DISCONNECT, Presence.OFF);
    }

    /** @throws ConfigException if the history is out of bounds */
    public ScopePolicy {
        if (historyEvents < 0 || historyEvents > MAX_HISTORY_EVENTS) {
            throw new ConfigException(
                    KEY, historyEvents + " events", "the history must have 0 to " + MAX_HISTORY_EVENTS + " events");
        }
        if (historyAge.isNegative() || historyAge.compareTo(MAX_HISTORY_AGE) > 0) {
            throw new ConfigException(
                    KEY, historyAge, "the history must have an age of 0 to " + MAX_HISTORY_AGE.toHours() + "h");
        }
    }

    /**
     * Reads a row such as {@code topic:chat/*=500/10m}, {@code topic:cursors/*=0} or {@code topic:cursors/*=0/node/latest}. The selector ends
     * before the last {@code =}. The number of events, the age, {@code node} for {@link Outage#NODE}, {@code disconnect}, {@code drop-oldest}
     * or {@code latest} for {@link Slow}, and {@code presence} or {@code presence-private} for {@link Presence} follow.
     *
     * @throws ConfigException naming the row and the rule
     */
    static ScopePolicy parse(String row) {
        Matcher matcher = ROW.matcher(row);
        if (!matcher.matches()) {
            throw new ConfigException(
                    KEY,
                    row,
                    "must have the form SELECTOR=EVENTS/AGE, for example topic:chat/*=500/10m, or SELECTOR=0 for no history");
        }
        Selector selector;
        try {
            selector = new Selector(matcher.group(1));
        } catch (CarillonException e) {
            throw new ConfigException(
                    KEY,
                    row,
                    "must begin with a selector of 1 to " + Selector.MAX_LENGTH
                            + " characters, without control characters");
        }
        int events = Integer.parseInt(matcher.group(2));
        boolean node = matcher.group(5) != null;
        if (events > 0 && (matcher.group(3) == null || node)) {
            throw new ConfigException(
                    KEY,
                    row,
                    node
                            ? "must not combine /node with a history: set the number of events to 0"
                            : "must have an age after the number of events, for example 500/10m");
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
                        : Slow.valueOf(slow.replace('-', '_').toUpperCase(Locale.ROOT)),
                presence(matcher.group(7)));
    }

    private static Presence presence(@Nullable String text) {
        if (text == null) {
            return Presence.OFF;
        }
        return text.equals("presence") ? Presence.PUBLIC : Presence.PRIVATE;
    }

    /** Whether clients can resume after events of these scopes. */
    public boolean keepsHistory() {
        return historyEvents > 0 && !historyAge.isZero();
    }
}
