package dev.carillon.broker.nats.log;

import dev.carillon.broker.Channel;
import dev.carillon.broker.Live;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.Snapshot;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.Ack;
import dev.carillon.broker.nats.connection.Failures;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.SharedRequest;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.broker.nats.connection.Streams;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.broker.nats.log.LogReader.LogState;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last retained event of each scope, in a stream of the tenant with one message per scope that no age trims. Belongs to one session.
 *
 * <p>The log is authoritative; this stream is a view of it. Retained events are appended to the log with a key of their own, and a
 * watermark holds the position up to which they have been transferred. A reader first compares the last event of that key with the
 * watermark and transfers the missing ones: the node that appended an event need not be running. Concurrent transfers are safe: of two
 * events, the one with the higher position stays.
 */
public final class RetainedEvents {
    private static final Logger LOGGER = LoggerFactory.getLogger(RetainedEvents.class);
    static final String AT = "Carillon-At";
    public static final String CLEARED = "Carillon-Cleared";

    private static final String WATERMARK = "watermark";
    private static final int MAX_ATTEMPTS = 20;
    /** Above this number, each append counts first. */
    private static final int CHECK_ABOVE = Channel.MAX_RETAINED - 1_000;

    private static final long MAX_TRANSFER_BYTES = 16L * 1024 * 1024;

    private final LogSession session;
    private final Executor threads;
    private final Map<Tenant, TenantState> tenants = new ConcurrentHashMap<>();

    /** @param threads runs blocking calls */
    RetainedEvents(LogSession session, Executor threads) {
        this.session = session;
        this.threads = threads;
    }

    /** State of a tenant in this session. */
    private final class TenantState {
        private final SharedRequest<LogState> transfer;
        /** Upper bound of the number of retained events known to this node; negative: not counted yet. */
        private final AtomicLong count = new AtomicLong(-1);

        private volatile Position watermark = Position.NONE;
        private volatile Position lastSeen = Position.NONE;

        TenantState(Tenant tenant) {
            this.transfer = new SharedRequest<>(() -> transfer(tenant, this), threads);
        }
    }

    private TenantState state(Tenant tenant) {
        return tenants.computeIfAbsent(tenant, TenantState::new);
    }

    boolean mayBeFull(Tenant tenant) {
        long count = state(tenant).count.get();
        return count < 0 || count > CHECK_ABOVE;
    }

    /**
     * Checks that the event can be retained; blocks.
     *
     * @throws OverloadedException when too many scopes would have a retained event
     */
    void checkCapacity(Event event) {
        NatsApi api = session.api();
        Tenant tenant = event.tenant();
        long count = api.await(api.info(Subjects.retainedStream(tenant)))
                .map(info -> info.getStreamState().getMsgCount())
                .orElse(0L);
        state(tenant).count.set(count);
        if (count <= CHECK_ABOVE) {
            return;
        }
        long more = entries(tenant, event.scopes()).stream()
                .filter(e -> e.isEmpty() || e.get().cleared())
                .count();
        if (count + more > Channel.MAX_RETAINED) {
            throw new OverloadedException(
                    "tenant " + tenant + " has a retained event in " + Channel.MAX_RETAINED + " scopes");
        }
    }

    /** Starts the transfer of an appended event. Readers that come earlier transfer it themselves. */
    void appended(Event event) {
        TenantState state = state(event.tenant());
        state.count.updateAndGet(n -> n < 0 ? n : n + event.scopes().size());
        var _ = state.transfer.next();
    }

    /** Notes a live retained event; {@link #heartbeat} transfers it if no other node has. */
    void seen(Tenant tenant, Position at) {
        state(tenant).lastSeen = at;
    }

    public void heartbeat() {
        tenants.forEach((tenant, state) -> {
            if (state.lastSeen.isAfter(state.watermark)) {
                var _ = state.transfer.next();
            }
        });
    }

    /** The snapshot of scopes; blocks. */
    Snapshot snapshot(Tenant tenant, Collection<Scope> scopes) {
        Position head = session.api().await(state(tenant).transfer.next()).head();
        Map<Scope, Entry> state = new HashMap<>();
        List<Scope> asked = List.copyOf(scopes);
        List<Optional<Entry>> entries = entries(tenant, asked);
        for (int i = 0; i < asked.size(); i++) {
            Scope scope = asked.get(i);
            entries.get(i).ifPresent(e -> state.put(scope, e));
        }
        if (state.values().stream().noneMatch(e -> e.at().isAfter(head))) {
            return new Snapshot(head, liveEvents(state.values()));
        }
        // A later event has replaced one that belongs to the head: advance to a later head, and update all scopes to
        // it.
        LogState later = LogReader.find(session, tenant);
        Set<Scope> target = Set.copyOf(asked);
        new Newest(later, head.sequence(), Long.MAX_VALUE).entries.forEach((scope, entry) -> {
            if (target.contains(scope)) {
                state.merge(scope, entry, (a, b) -> a.at().isAfter(b.at()) ? a : b);
            }
        });
        return new Snapshot(later.head(), liveEvents(state.values()));
    }

    private static List<Live> liveEvents(Collection<Entry> entries) {
        Map<Position, Live> events = new HashMap<>();
        for (Entry entry : entries) {
            if (!entry.cleared()) {
                entry.live().ifPresent(live -> events.putIfAbsent(live.at(), live));
            }
        }
        return events.values().stream().sorted(Comparator.comparing(Live::at)).toList();
    }

    /** @param revision revision of its message; 0: not stored yet */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Entry(Position at, boolean cleared, byte[] bytes, long revision) {
        static Entry of(StoredMessage stored) {
            String at = Objects.requireNonNullElse(stored.header(AT), "0:0:0");
            try {
                Position read = UnreadableException.reading("a position", () -> Position.parse(at));
                return new Entry(read, stored.header(CLEARED) != null, stored.data(), stored.sequence());
            } catch (UnreadableException e) {
                stored.reportUnreadable(e);
                // The next retained event of the scope replaces it.
                return new Entry(Position.NONE, true, stored.data(), stored.sequence());
            }
        }

        Headers headers() {
            Headers headers = new Headers().put(AT, at.text());
            return cleared ? headers.put(CLEARED, "1") : headers;
        }

        /** The event; empty and logged if it is malformed. */
        Optional<Live> live() {
            try {
                return Optional.of(new Live(EventWire.decode(bytes).event(), at, List.of()));
            } catch (EventWire.MalformedException e) {
                LOGGER.atError().addKeyValue("reason", e.getMessage()).log("skipped an unreadable retained event");
                return Optional.empty();
            }
        }
    }

    private List<Optional<Entry>> entries(Tenant tenant, Collection<Scope> scopes) {
        return session
                .api()
                .pipelined(
                        scopes,
                        scope -> session.api()
                                .last(Subjects.retainedStream(tenant), Subjects.retained(tenant, Subjects.key(scope))))
                .stream()
                .map(found -> found.map(Entry::of))
                .toList();
    }

    /** Transfers all retained events up to the returned head. */
    private LogState transfer(Tenant tenant, TenantState state) {
        LogState found = LogReader.find(session, tenant);
        Position last = lastRetained(found);
        // Events after the head are left out: under constant load, the transfer might never catch up with them.
        Position target = last.isAfter(found.head()) ? found.head() : last;
        if (!target.isAfter(state.watermark)) {
            return found;
        }
        Watermark mark = watermark(tenant);
        if (mark.revision() == 0) {
            Streams.ensure(session.api(), config(tenant));
        }
        long head = found.head().sequence();
        while (target.isAfter(mark.at())) {
            Epochs.Resume resume = found.log().epochs().resume(mark.at(), head);
            long after = Math.max(resume == null ? 0 : resume.after(), found.first() - 1);
            Newest newest = new Newest(found, after, MAX_TRANSFER_BYTES);
            write(tenant, newest.entries);
            mark = advance(tenant, mark, newest.upTo);
        }
        state.watermark = mark.at();
        return found;
    }

    private Position lastRetained(LogState found) {
        for (long epoch : found.log().epochs().withMessagesAfter(found.first() - 1)) {
            String subject = Subjects.log(found.log().tenant(), epoch, Subjects.RETAINED);
            Optional<StoredMessage> last = session.api().await(session.api().last(found.log().stream(), subject));
            if (last.isPresent()) {
                return last.get().position();
            }
        }
        return Position.NONE;
    }

    /** The last retained event of each scope in the log, from a sequence to the head or to the transfer limit. */
    private final class Newest {
        private final Map<Scope, Entry> entries = new LinkedHashMap<>();
        private final long maxBytes;
        private long bytes;
        private Position upTo;

        Newest(LogState found, long after, long maxBytes) {
            this.maxBytes = maxBytes;
            this.upTo = found.head();
            LogReader.read(session, found.log(), Set.of(Subjects.RETAINED), after, upTo.sequence(), this::take);
        }

        private boolean take(StoredMessage stored) {
            try {
                Event event = stored.event();
                Entry entry = new Entry(stored.position(), event.clearsRetained(), stored.data(), 0);
                event.scopes().forEach(scope -> entries.put(scope, entry));
            } catch (UnreadableException e) {
                stored.reportUnreadable(e);
            }
            bytes += stored.data().length;
            if (bytes > maxBytes) {
                upTo = stored.position();
                return false;
            }
            return true;
        }
    }

    private void write(Tenant tenant, Map<Scope, Entry> entries) {
        Map<Scope, Entry> left = new LinkedHashMap<>(entries);
        for (int attempt = 0; !left.isEmpty(); attempt++) {
            if (attempt == MAX_ATTEMPTS) {
                throw new OverloadedException("too many nodes change the same retained events of tenant " + tenant);
            }
            try {
                writeOnce(tenant, left);
            } catch (Failures.NoStreamException e) {
                Streams.ensure(session.api(), config(tenant));
            }
        }
    }

    /** Removes completed scopes; those that another node has changed meanwhile stay. */
    private void writeOnce(Tenant tenant, Map<Scope, Entry> left) {
        List<Scope> scopes = List.copyOf(left.keySet());
        List<Optional<Entry>> present = entries(tenant, scopes);
        Map<Scope, Long> expected = new LinkedHashMap<>();
        Position mark = null;
        for (int i = 0; i < scopes.size(); i++) {
            Scope scope = scopes.get(i);
            Entry target = Objects.requireNonNull(left.get(scope));
            Optional<Entry> is = present.get(i);
            if (is.isEmpty() && mark == null) {
                // Read after the entry: an event that was cleared, and its tombstone swept, must not reappear.
                mark = watermark(tenant).at();
            }
            boolean done = is.map(e -> !target.at().isAfter(e.at()))
                    .orElse(mark != null && !target.at().isAfter(mark));
            if (done) {
                left.remove(scope);
            } else {
                expected.put(scope, is.map(Entry::revision).orElse(0L));
            }
        }
        List<Scope> written = List.copyOf(expected.keySet());
        List<Ack> acks = session.api().pipelined(written, scope -> {
            Entry target = Objects.requireNonNull(left.get(scope));
            return publish(tenant, Subjects.key(scope), target, Objects.requireNonNull(expected.get(scope)));
        });
        for (int i = 0; i < written.size(); i++) {
            if (!acks.get(i).conflict()) {
                left.remove(written.get(i));
            }
        }
    }

    private CompletableFuture<Ack> publish(Tenant tenant, String key, Entry entry, long expected) {
        byte[] bytes = entry.cleared() ? new byte[0] : entry.bytes();
        return session.api().publish(Subjects.retained(tenant, key), entry.headers(), bytes, expected);
    }

    private record Watermark(Position at, long revision) {
        static Watermark of(StoredMessage stored) {
            String text = new String(stored.data(), StandardCharsets.UTF_8);
            try {
                return new Watermark(
                        UnreadableException.reading("a position", () -> Position.parse(text)), stored.sequence());
            } catch (UnreadableException e) {
                stored.reportUnreadable(e);
                // All retained events in the log are transferred again.
                return new Watermark(Position.NONE, stored.sequence());
            }
        }
    }

    private Watermark watermark(Tenant tenant) {
        return session.api()
                .await(session.api().last(Subjects.retainedStream(tenant), Subjects.retained(tenant, WATERMARK)))
                .map(Watermark::of)
                .orElse(new Watermark(Position.NONE, 0));
    }

    /** The new watermark, possibly advanced further by another node. */
    private Watermark advance(Tenant tenant, Watermark from, Position to) {
        Ack ack = session.api()
                .await(session.api()
                        .publish(
                                Subjects.retained(tenant, WATERMARK),
                                new Headers(),
                                to.text().getBytes(StandardCharsets.UTF_8),
                                from.revision()));
        return ack.conflict() ? watermark(tenant) : new Watermark(to, ack.sequence());
    }

    private static StreamConfiguration config(Tenant tenant) {
        return StreamConfiguration.builder()
                .name(Subjects.retainedStream(tenant))
                .subjects(Subjects.retained(tenant, "*"))
                .storageType(StorageType.File)
                .maxMessagesPerSubject(1)
                .allowDirect(true)
                .build();
    }
}
