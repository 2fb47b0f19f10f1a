package dev.carillon.lab.account;

import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import java.util.BitSet;
import java.util.function.IntPredicate;

/** Watches streams while the broker is away: which of those that were open have ended, and what their clients were told. Thread-safe. */
public final class StatusWatch implements FleetObserver {
    /**
     * What was seen since the watch began.
     *
     * @param streams that were open then, of the clients watched
     * @param ended of them
     * @param toldAway clients that were told that the broker is away
     * @param toldBack clients that were told, after that, that it is back
     */
    public record Seen(int streams, int ended, int toldAway, int toldBack) {
        /** Whether no stream has ended, and everybody was told both. */
        public boolean clean() {
            return ended == 0 && toldAway == streams && toldBack == streams;
        }
    }

    private final BitSet open = new BitSet();
    private final BitSet watched = new BitSet();
    private final BitSet ended = new BitSet();
    private final BitSet away = new BitSet();
    private final BitSet back = new BitSet();

    /** Begins, or begins anew. */
    public synchronized void begin(IntPredicate whom) {
        watched.clear();
        ended.clear();
        away.clear();
        back.clear();
        open.stream().filter(whom).forEach(watched::set);
    }

    public synchronized Seen seen() {
        return new Seen(watched.cardinality(), ended.cardinality(), away.cardinality(), back.cardinality());
    }

    @Override
    public synchronized void opened(int client, long nanos) {
        open.set(client);
    }

    @Override
    public synchronized void closed(int client, long nanos) {
        open.clear(client);
        if (watched.get(client)) {
            ended.set(client);
        }
    }

    @Override
    public synchronized void event(int client, StreamEvent event, long nanos) {
        if (event.type().equals("carillon.status") && watched.get(client)) {
            if (event.data().contains("\"unavailable\"")) {
                away.set(client);
            } else if (event.data().contains("\"connected\"") && away.get(client)) {
                back.set(client);
            }
        }
    }
}
