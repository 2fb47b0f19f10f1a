package dev.carillon.broker.memory;

import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.ChainLink;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Epoch;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.Page;
import dev.carillon.broker.Snapshot;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One tenant's log in memory. Confined to the server's thread. Sequences increase by one. The log is bounded by count, by age, and by
 * {@value #MAX_BYTES} bytes of heap, which include the events' entries in the indexes; the oldest events are trimmed first. Retained
 * events have {@value #MAX_RETAINED_BYTES} bytes of their own, beyond which they are refused.
 */
final class MemoryLog {
    static final long MAX_BYTES = 64L * 1024 * 1024;
    static final long MAX_RETAINED_BYTES = 32L * 1024 * 1024;
    /** Objects and map entries per event and per scope of it, rounded up. */
    private static final int EVENT_OVERHEAD_BYTES = 400;

    private static final int SCOPE_OVERHEAD_BYTES = 400;
    private static final int STRING_OVERHEAD_BYTES = 56;

    /**
     * One append.
     *
     * @param previous for each scope, the sequence of its preceding event
     */
    record Entry(Event event, Position at, Map<Scope, Long> previous, boolean duplicate, long bytes) {
        Live live(List<ChainLink> links) {
            return new Live(event, at, links);
        }
    }

    private final Tenant tenant;
    private final BrokerOptions options;
    private final long epoch;
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    /** The last event of each scope that is still in the log. */
    private final Map<Scope, Entry> last = new HashMap<>();

    private final Map<Scope, Entry> retained = new HashMap<>();
    private final MemoryIds ids = new MemoryIds();

    private long sequence;
    private long trimmedUpTo;
    private long bytes;
    private long retainedBytes;

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

    Entry append(Event event, Idempotency by, long nowMillis) {
        String id = event.id();
        String fingerprint = by.fingerprint(event);
        String digest = "";
        if (fingerprint != null) {
            ids.forgetBroadcastsBefore(nowMillis - BrokerOptions.ID_WINDOW.toMillis());
            digest = EventWire.digest(event, EventWire.encode(event));
            MemoryIds.RecentBroadcast first = ids.recent(fingerprint);
            if (first != null) {
                if (!first.digest().equals(digest)) {
                    throw by.conflict(event);
                }
                return new Entry(event, first.at(), Map.of(), true, 0);
            }
        }
        long size = heapBytes(event);
        checkRetained(event, size);
        Position at = new Position(epoch, ++sequence, nowMillis);
        Map<Scope, Long> previous = HashMap.newHashMap(event.scopes().size());
        for (Scope scope : event.scopes()) {
            Entry before = last.get(scope);
            previous.put(scope, before == null ? 0L : before.at().sequence());
        }
        Entry entry = new Entry(event, at, previous, false, size);
        entries.add(entry);
        bytes += entry.bytes();
        for (Scope scope : event.scopes()) {
            last.put(scope, entry);
            if (event.retain()) {
                Entry replaced = event.clearsRetained() ? retained.remove(scope) : retained.put(scope, entry);
                retainedBytes += (event.clearsRetained() ? 0 : size) - (replaced == null ? 0 : replaced.bytes());
            }
        }
        if (id != null) {
            ids.add(id, event, at);
        }
        if (fingerprint != null) {
            ids.remember(fingerprint, new MemoryIds.RecentBroadcast(at, digest, event.scopes()));
        }
        trim(nowMillis);
        return entry;
    }

    /** Every scope is charged for the whole event, because it may be the last to retain it. */
    private void checkRetained(Event event, long size) {
        if (!event.retain() || event.clearsRetained()) {
            return;
        }
        long more = 0;
        long moreBytes = 0;
        for (Scope scope : event.scopes()) {
            Entry replaced = retained.get(scope);
            more += replaced == null ? 1 : 0;
            moreBytes += size - (replaced == null ? 0 : replaced.bytes());
        }
        if (retained.size() + more > Channel.MAX_RETAINED) {
            throw new OverloadedException(
                    "tenant " + tenant + " has a retained event in " + Channel.MAX_RETAINED + " scopes");
        }
        if (moreBytes > 0 && retainedBytes + moreBytes > MAX_RETAINED_BYTES) {
            throw new OverloadedException(
                    "tenant " + tenant + " has more than " + MAX_RETAINED_BYTES + " bytes of retained events");
        }
    }

    /** Upper bound of the heap that an event takes. */
    static long heapBytes(Event event) {
        long sum = EVENT_OVERHEAD_BYTES
                + heapBytes(event.data())
                + heapBytes(event.id())
                + heapBytes(event.type())
                + heapBytes(event.key());
        for (Scope scope : event.scopes()) {
            sum += SCOPE_OVERHEAD_BYTES + heapBytes(scope.text());
        }
        return sum;
    }

    private static long heapBytes(@Nullable String text) {
        if (text == null) {
            return 0;
        }
        // A single character beyond Latin-1 makes the whole string use two bytes per character.
        boolean wide = text.chars().anyMatch(c -> c > 0xff);
        return STRING_OVERHEAD_BYTES + (wide ? 2L : 1L) * text.length();
    }

    Page read(Collection<Scope> scopes, Position after, int max, long nowMillis) {
        trim(nowMillis);
        if (after.epoch() != epoch && !after.equals(Position.NONE) || after.sequence() > sequence) {
            return new Page(List.of(), head(nowMillis), false, true);
        }
        boolean incomplete = !after.equals(Position.NONE) && after.sequence() < trimmedUpTo;
        Set<Scope> requested = Set.copyOf(scopes);
        List<Live> events = new ArrayList<>();
        long size = 0;
        for (Entry entry : entries) {
            if (entry.at().sequence() <= after.sequence()
                    || !requested.isEmpty() && entry.event().scopes().stream().noneMatch(requested::contains)) {
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

    List<Position> find(IdLookup lookup) {
        Optional<Position> generated = EventIds.position(lookup.id());
        return generated.isPresent()
                ? generated.filter(at -> at.epoch() == epoch && at.sequence() <= sequence).map(this::timed).stream()
                        .toList()
                : ids.find(lookup, trimmedUpTo);
    }

    /** Adds the time if the event is still in the log. Searches from the end: most clients were disconnected briefly. */
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
            trimmedUpTo = first.at().sequence();
            if (first.event().id() != null) {
                ids.trimmed();
            }
            for (Scope scope : first.event().scopes()) {
                last.remove(scope, first);
            }
            first = entries.peek();
        }
        ids.forgetBroadcastsBefore(nowMillis - BrokerOptions.ID_WINDOW.toMillis());
    }
}
