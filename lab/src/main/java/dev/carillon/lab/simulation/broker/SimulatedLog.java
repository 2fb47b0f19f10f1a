package dev.carillon.lab.simulation.broker;

import dev.carillon.broker.Appended;
import dev.carillon.broker.Epoch;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.broker.Snapshot;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The broker's log of the one tenant of a simulation, by the rules of the broker over Redis: an epoch for each life of the server, sequences that continue
 * where the data of the former one ended, epochs that are remembered. Trimmed by count.
 */
public final class SimulatedLog {
    /**
     * An event in the log.
     *
     * @param previous for each of its scopes, the sequence of the event before
     */
    public record Entry(Event event, Position at, Map<Scope, Long> previous) {
        Live live() {
            return new Live(event, at, List.of());
        }
    }

    /** The answer to an append; the entry is empty for a repetition. */
    public record Outcome(Appended answer, Optional<Entry> entry) {}

    private final int maxEvents;
    private final LongSupplier millis;
    private final List<Entry> entries = new ArrayList<>();
    private final List<Epoch> epochs = new ArrayList<>();
    private final Map<Scope, Position> last = new HashMap<>();
    private final Map<Scope, Entry> retained = new HashMap<>();
    private final Map<String, Position> broadcasts = new HashMap<>();
    private final Map<Position, String> fingerprints = new HashMap<>();
    private long sequence;
    /** Events up to this sequence were trimmed. */
    private long floor;

    /** @param maxEvents events that the log keeps */
    public SimulatedLog(int maxEvents, LongSupplier millis) {
        this.maxEvents = maxEvents;
        this.millis = millis;
        epochs.add(new Epoch(millis.getAsLong(), 0, Long.MAX_VALUE));
    }

    public Outcome append(Event event, Idempotency by) {
        String fingerprint = by.fingerprint(event);
        Position first = fingerprint == null ? null : broadcasts.get(fingerprint);
        if (first != null) {
            return new Outcome(Appended.of(event, first, true), Optional.empty());
        }
        Position at = new Position(epochs.getLast().id(), ++sequence, millis.getAsLong());
        Map<Scope, Long> previous = new HashMap<>();
        for (Scope scope : event.scopes()) {
            Position before = last.get(scope);
            previous.put(scope, before == null ? 0L : before.sequence());
        }
        Entry entry = new Entry(event, at, previous);
        entries.add(entry);
        note(entry);
        if (fingerprint != null) {
            broadcasts.put(fingerprint, at);
            fingerprints.put(at, fingerprint);
        }
        while (entries.size() > maxEvents) {
            floor = entries.removeFirst().at().sequence();
        }
        return new Outcome(Appended.of(event, at, false), Optional.of(entry));
    }

    private void note(Entry entry) {
        for (Scope scope : entry.event().scopes()) {
            last.put(scope, entry.at());
            if (entry.event().retain()) {
                retained.put(scope, entry);
            }
        }
    }

    /** A new life of the server, with all of its data. */
    public void restart() {
        Epoch ended = epochs.removeLast();
        epochs.add(new Epoch(ended.id(), ended.start(), sequence));
        epochs.add(new Epoch(Math.max(millis.getAsLong(), ended.id() + 1), sequence, Long.MAX_VALUE));
    }

    /**
     * A new life of the server with older data: the last events of the epoch are lost.
     *
     * @return the number of lost events
     */
    public int restartOlder(int lost) {
        int count = 0;
        while (count < lost
                && !entries.isEmpty()
                && entries.getLast().at().epoch() == epochs.getLast().id()) {
            Entry removed = entries.removeLast();
            sequence = removed.at().sequence() - 1;
            String fingerprint = fingerprints.remove(removed.at());
            if (fingerprint != null) {
                broadcasts.remove(fingerprint);
            }
            count++;
        }
        last.clear();
        retained.clear();
        entries.forEach(this::note);
        restart();
        return count;
    }

    /** A new life of the server without data: only the number of the epoch before is remembered, as the nodes know it. */
    public void restartEmpty() {
        long before = epochs.getLast().id();
        entries.clear();
        epochs.clear();
        last.clear();
        retained.clear();
        broadcasts.clear();
        fingerprints.clear();
        sequence = 0;
        floor = 0;
        epochs.add(new Epoch(before, 0, 0));
        epochs.add(new Epoch(Math.max(millis.getAsLong(), before + 1), 0, Long.MAX_VALUE));
    }

    public Position head() {
        return new Position(epochs.getLast().id(), sequence, millis.getAsLong());
    }

    public Optional<Position> head(Scope scope) {
        return Optional.ofNullable(last.get(scope));
    }

    public List<Epoch> epochs() {
        return List.copyOf(epochs);
    }

    public Page read(Collection<Scope> scopes, Position after, int max) {
        boolean fromFirst = after.equals(Position.NONE);
        boolean incomplete = false;
        long from = after.sequence();
        if (!fromFirst) {
            Optional<Epoch> epoch =
                    epochs.stream().filter(e -> e.id() >= after.epoch()).findFirst();
            boolean older = epochs.getFirst().id() > after.epoch();
            if (older || epoch.isEmpty()) {
                return new Page(List.of(), head(), false, true);
            }
            Epoch found = epoch.get();
            long end = found.id() != after.epoch() ? found.start() : found.open() ? sequence : found.end();
            incomplete = found.id() != after.epoch() || from > end;
            from = Math.max(Math.min(from, end), found.start());
            incomplete |= from < floor;
        }
        List<Live> events = new ArrayList<>();
        for (Entry entry : entries) {
            boolean covered =
                    scopes.isEmpty() || entry.event().scopes().stream().anyMatch(scopes::contains);
            if (entry.at().sequence() > from && covered) {
                if (events.size() == Math.min(max, Log.MAX_PAGE)) {
                    return new Page(events, events.getLast().at(), true, incomplete);
                }
                events.add(entry.live());
            }
        }
        return new Page(events, head(), false, incomplete);
    }

    public List<Position> find(IdLookup lookup) {
        Optional<Position> generated = EventIds.position(lookup.id());
        if (generated.isPresent()) {
            return generated
                    .filter(at -> epochs.stream()
                            .anyMatch(e -> e.id() == at.epoch() && at.sequence() <= (e.open() ? sequence : e.end())))
                    .stream()
                    .toList();
        }
        return entries.stream()
                .filter(e -> lookup.id().equals(e.event().id())
                        && e.event().scopes().stream().anyMatch(lookup::covers))
                .map(Entry::at)
                .limit(Log.MAX_POSITIONS)
                .toList();
    }

    public Snapshot snapshot(Collection<Scope> scopes) {
        Set<Scope> requested = Set.copyOf(scopes);
        List<Live> events = retained.entrySet().stream()
                .filter(e -> requested.contains(e.getKey()))
                .map(Map.Entry::getValue)
                .distinct()
                .sorted(Comparator.comparing(Entry::at))
                .map(Entry::live)
                .toList();
        return new Snapshot(head(), events);
    }
}
