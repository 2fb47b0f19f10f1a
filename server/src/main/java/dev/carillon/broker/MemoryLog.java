package dev.carillon.broker;

import dev.carillon.scope.Event;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One tenant's log in memory; on the server's thread only. Sequences rise by one. Bounded by count, by age, and by {@value
 * #MAX_BYTES} bytes of data; what goes over goes from the old end.
 */
final class MemoryLog {
    static final long MAX_BYTES = 64L * 1024 * 1024;
    private static final int EVENT_OVERHEAD_BYTES = 200;

    /**
     * One append.
     *
     * @param previous for each scope, the sequence before it
     */
    record Entry(Event event, Position at, Map<Scope, Long> previous, boolean duplicate) {
        Live live(List<Link> links) {
            return new Live(event, at, links);
        }

        int bytes() {
            return event.data().length() + EVENT_OVERHEAD_BYTES;
        }
    }

    private record Given(Position at, String digest) {}

    private final Tenant tenant;
    private final BrokerOptions options;
    private final long epoch;
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    /** The last event of a scope, while the log has it. */
    private final Map<Scope, Entry> last = new HashMap<>();

    private final Map<Scope, Entry> retained = new HashMap<>();
    /** Ids that broadcasters gave, oldest first. */
    private final LinkedHashMap<String, Given> ids = new LinkedHashMap<>();

    private long sequence;
    private long trimmed;
    private long bytes;

    MemoryLog(Tenant tenant, BrokerOptions options, long nowMillis) {
        this.tenant = tenant;
        this.options = options;
        this.epoch = nowMillis;
    }

    Position head(long nowMillis) {
        return new Position(epoch, sequence, nowMillis);
    }

    List<Epoch> epochs() {
        return List.of(new Epoch(epoch, 0, Long.MAX_VALUE));
    }

    Entry append(Event event, long nowMillis) {
        String id = event.id();
        String digest = "";
        if (id != null) {
            digest = EventWire.digest(EventWire.encode(event));
            Given given = ids.get(id);
            if (given != null) {
                if (!given.digest().equals(digest)) {
                    throw new IdConflictException(id);
                }
                return new Entry(event, given.at(), Map.of(), true);
            }
        }
        if (event.retain() && !event.clearsRetained()) {
            long more = event.scopes().stream()
                    .filter(s -> !retained.containsKey(s))
                    .count();
            if (retained.size() + more > Channel.MAX_RETAINED) {
                throw new OverloadedException(
                        "tenant " + tenant + " has a retained event in " + Channel.MAX_RETAINED + " scopes");
            }
        }
        Position at = new Position(epoch, ++sequence, nowMillis);
        Map<Scope, Long> previous = HashMap.newHashMap(event.scopes().size());
        for (Scope scope : event.scopes()) {
            Entry before = last.get(scope);
            previous.put(scope, before == null ? 0L : before.at().sequence());
        }
        Entry entry = new Entry(event, at, previous, false);
        entries.add(entry);
        bytes += entry.bytes();
        for (Scope scope : event.scopes()) {
            last.put(scope, entry);
            if (event.clearsRetained()) {
                retained.remove(scope);
            } else if (event.retain()) {
                retained.put(scope, entry);
            }
        }
        if (id != null) {
            ids.put(id, new Given(at, digest));
        }
        trim(nowMillis);
        return entry;
    }

    Page read(Collection<Scope> scopes, Position after, int max, long nowMillis) {
        trim(nowMillis);
        if (after.epoch() != epoch && !after.equals(Position.NONE) || after.sequence() > sequence) {
            return new Page(List.of(), head(nowMillis), false, true);
        }
        boolean incomplete = !after.equals(Position.NONE) && after.sequence() < trimmed;
        Set<Scope> wanted = Set.copyOf(scopes);
        List<Live> events = new ArrayList<>();
        long size = 0;
        for (Entry entry : entries) {
            if (entry.at().sequence() <= after.sequence()
                    || !wanted.isEmpty() && entry.event().scopes().stream().noneMatch(wanted::contains)) {
                continue;
            }
            if (events.size() == max || size > Log.PAGE_BYTES) {
                return new Page(events, events.getLast().at(), true, incomplete);
            }
            events.add(entry.live(List.of()));
            size += entry.bytes();
        }
        return new Page(events, head(nowMillis), false, incomplete);
    }

    Optional<Position> find(String id) {
        Given given = ids.get(id);
        if (given != null) {
            return Optional.of(given.at());
        }
        return EventIds.position(id)
                .filter(at -> at.epoch() == epoch && at.sequence() <= sequence)
                .map(this::timed);
    }

    /** With its time, while the event is there. From the end: most clients were away for a short time. */
    private Position timed(Position at) {
        var newestFirst = entries.descendingIterator();
        while (newestFirst.hasNext()) {
            Position of = newestFirst.next().at();
            if (of.sequence() <= at.sequence()) {
                return of.sequence() == at.sequence() ? of : at;
            }
        }
        return at;
    }

    Optional<Position> head(Scope scope) {
        return Optional.ofNullable(last.get(scope)).map(Entry::at);
    }

    Snapshot snapshot(Collection<Scope> scopes, long nowMillis) {
        List<Live> events = scopes.stream()
                .map(retained::get)
                .filter(e -> e != null)
                .distinct()
                .map(e -> e.live(List.of()))
                .sorted(Comparator.comparing(Live::at))
                .toList();
        return new Snapshot(head(nowMillis), events);
    }

    private void trim(long nowMillis) {
        long oldest = nowMillis - options.policies().longestAge().toMillis();
        Entry first = entries.peek();
        while (first != null
                && (entries.size() > options.maxLogEvents(tenant)
                        || bytes > MAX_BYTES
                        || first.at().atMillis() < oldest)) {
            entries.remove();
            bytes -= first.bytes();
            trimmed = first.at().sequence();
            for (Scope scope : first.event().scopes()) {
                last.remove(scope, first);
            }
            first = entries.peek();
        }
        long forgotten = nowMillis - BrokerOptions.ID_WINDOW.toMillis();
        var given = ids.values().iterator();
        while (given.hasNext()) {
            Position at = given.next().at();
            boolean overfull = ids.size() > 2L * options.maxLogEvents(tenant);
            if (!overfull && (at.sequence() > trimmed || at.atMillis() >= forgotten)) {
                break;
            }
            given.remove();
        }
    }
}
