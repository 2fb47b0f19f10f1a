package dev.carillon.lab.account;

import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import java.util.BitSet;
import java.util.function.IntPredicate;

/** Observes open streams during a broker outage: whether they end, and whether their clients are notified. Thread-safe. */
public final class OutageObserver implements FleetObserver {
    /**
     * Counts since the observation began.
     *
     * @param streams observed streams that were open when the observation began
     * @param ended observed streams that have ended
     * @param notifiedUnavailable clients that were notified that the broker is unavailable
     * @param notifiedConnected clients that were notified afterwards that it is connected
     */
    public record Result(int streams, int ended, int notifiedUnavailable, int notifiedConnected) {
        /** Whether no stream has ended and every client was notified of both. */
        public boolean clean() {
            return ended == 0 && notifiedUnavailable == streams && notifiedConnected == streams;
        }
    }

    private final BitSet open = new BitSet();
    private final BitSet observed = new BitSet();
    private final BitSet ended = new BitSet();
    private final BitSet unavailable = new BitSet();
    private final BitSet connected = new BitSet();

    /** Begins to observe the open streams of some clients, and resets all counts. */
    public synchronized void begin(IntPredicate clients) {
        observed.clear();
        ended.clear();
        unavailable.clear();
        connected.clear();
        open.stream().filter(clients).forEach(observed::set);
    }

    public synchronized Result result() {
        return new Result(
                observed.cardinality(), ended.cardinality(), unavailable.cardinality(), connected.cardinality());
    }

    @Override
    public synchronized void opened(int client, long nanos) {
        open.set(client);
    }

    @Override
    public synchronized void closed(int client, long nanos) {
        open.clear(client);
        if (observed.get(client)) {
            ended.set(client);
        }
    }

    @Override
    public synchronized void event(int client, StreamEvent event, long nanos) {
        if (event.type().equals("carillon.status") && observed.get(client)) {
            if (event.data().contains("\"unavailable\"")) {
                unavailable.set(client);
            } else if (event.data().contains("\"connected\"") && unavailable.get(client)) {
                connected.set(client);
            }
        }
    }
}
