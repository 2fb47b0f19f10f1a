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
 * The last retained event of each scope, in a stream of the tenant with one message for each scope, which no age trims; of one
 * session.
 *
 * <p>The log decides; this is a view of it. Retained events go through the log on a key of their own, and a watermark says up to
 * which position they have been carried over. Whoever wants to know what is retained first compares the last event of that
 * key with the watermark, and carries over what is missing: so it does not matter whether the node that appended an event is
 * still there. Carrying over is safe for many at once: of two events the one with the higher position stays.
 */
public final class RetainedEvents {
    private static final Logger LOGGER = LoggerFactory.getLogger(RetainedEvents.class);
    static final String AT = "Carillon-At";
    public static final String CLEARED = "Carillon-Cleared";

    private static final String WATERMARK = "watermark";
    private static final int MAX_ATTEMPTS = 20;
    /** From here to the bound it is counted before each append. */
    private static final int NEARLY_FULL = Channel.MAX_RETAINED - 1_000;

    private static final long MAX_BYTES_AT_ONCE = 16L * 1024 * 1024;

    private final LogSession session;
    private final Executor threads;
    private final Map<Tenant, Kept> tenants = new ConcurrentHashMap<>();

    /** @param threads runs what blocks */
    RetainedEvents(LogSession session, Executor threads) {
        this.session = session;
        this.threads = threads;
    }

    /** What this session knows of a tenant's. */
    private final class Kept {
        private final SharedRequest<LogState> carrying;
        /** How many there are at the most, as far as this node knows; negative: not counted. */
        private final AtomicLong count = new AtomicLong(-1);

        private volatile Position watermark = Position.NONE;
        private volatile Position noticed = Position.NONE;

        Kept(Tenant tenant) {
            this.carrying = new SharedRequest<>(() -> carryOver(tenant, this), threads);
        }
    }

    private Kept kept(Tenant tenant) {
        return tenants.computeIfAbsent(tenant, Kept::new);
    }

    boolean mayBeFull(Tenant tenant) {
        long count = kept(tenant).count.get();
        return count < 0 || count > NEARLY_FULL;
    }

    /**
     * Blocks.
     *
     * @throws OverloadedException when the event would be retained for too many scopes
     */
    void checkRoom(Event event) {
        NatsApi api = session.api();
        Tenant tenant = event.tenant();
        long count = api.await(api.info(Subjects.retainedStream(tenant)))
                .map(info -> info.getStreamState().getMsgCount())
                .orElse(0L);
        kept(tenant).count.set(count);
        if (count <= NEARLY_FULL) {
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

    /** An event was appended: carries it over soon. Whoever asks before that does it himself. */
    void appended(Event event) {
        Kept kept = kept(event.tenant());
        kept.count.updateAndGet(n -> n < 0 ? n : n + event.scopes().size());
        var _ = kept.carrying.next();
    }

    /** A retained event came live: if nobody carries it over, {@link #beat} does. */
    void noticed(Tenant tenant, Position at) {
        kept(tenant).noticed = at;
    }

    public void beat() {
        tenants.forEach((tenant, kept) -> {
            if (kept.noticed.isAfter(kept.watermark)) {
                var _ = kept.carrying.next();
            }
        });
    }

    /** Blocks. */
    Snapshot snapshot(Tenant tenant, Collection<Scope> scopes) {
        Position head = session.api().await(kept(tenant).carrying.next()).head();
        Map<Scope, Entry> state = new HashMap<>();
        List<Scope> asked = List.copyOf(scopes);
        List<Optional<Entry>> entries = entries(tenant, asked);
        for (int i = 0; i < asked.size(); i++) {
            Scope scope = asked.get(i);
            entries.get(i).ifPresent(e -> state.put(scope, e));
        }
        if (state.values().stream().noneMatch(e -> e.at().isAfter(head))) {
            return new Snapshot(head, told(state.values()));
        }
        // A later event has replaced one that belongs to the head: go on to a later head, and bring all scopes up to
        // it.
        LogState later = LogReader.find(session, tenant);
        Set<Scope> wanted = Set.copyOf(asked);
        new Newest(later, head.sequence(), Long.MAX_VALUE).entries.forEach((scope, entry) -> {
            if (wanted.contains(scope)) {
                state.merge(scope, entry, (a, b) -> a.at().isAfter(b.at()) ? a : b);
            }
        });
        return new Snapshot(later.head(), told(state.values()));
    }

    private static List<Live> told(Collection<Entry> entries) {
        Map<Position, Live> events = new HashMap<>();
        for (Entry entry : entries) {
            if (!entry.cleared()) {
                entry.live().ifPresent(live -> events.putIfAbsent(live.at(), live));
            }
        }
        return events.values().stream().sorted(Comparator.comparing(Live::at)).toList();
    }

    /**
     * @param revision of the message that has it; 0: none has yet
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Entry(Position at, boolean cleared, byte[] bytes, long revision) {
        static Entry of(StoredMessage stored) {
            String at = Objects.requireNonNullElse(stored.header(AT), "0:0:0");
            try {
                Position read = UnreadableException.reading("a position", () -> Position.parse(at));
                return new Entry(read, stored.header(CLEARED) != null, stored.data(), stored.sequence());
            } catch (UnreadableException e) {
                stored.reportUnreadable(e);
                // The next one of the scope replaces it.
                return new Entry(Position.NONE, true, stored.data(), stored.sequence());
            }
        }

        Headers headers() {
            Headers headers = new Headers().put(AT, at.text());
            return cleared ? headers.put(CLEARED, "1") : headers;
        }

        /** Empty, and reported: it is no event. */
        Optional<Live> live() {
            try {
                return Optional.of(new Live(EventWire.decode(bytes).event(), at, List.of()));
            } catch (EventWire.MalformedException e) {
                LOGGER.atError().addKeyValue("reason", e.getMessage()).log("left out a retained event");
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

    /** Carries over everything up to the head that it answers with. */
    private LogState carryOver(Tenant tenant, Kept kept) {
        LogState found = LogReader.find(session, tenant);
        Position last = lastKept(found);
        // What came after the head is not asked for, and might never be caught up with.
        Position wanted = last.isAfter(found.head()) ? found.head() : last;
        if (!wanted.isAfter(kept.watermark)) {
            return found;
        }
        Mark mark = watermark(tenant);
        if (mark.revision() == 0) {
            Streams.ensure(session.api(), config(tenant));
        }
        long head = found.head().sequence();
        while (wanted.isAfter(mark.at())) {
            Epochs.Resume resume = found.log().epochs().resume(mark.at(), head);
            long after = Math.max(resume == null ? 0 : resume.after(), found.first() - 1);
            Newest newest = new Newest(found, after, MAX_BYTES_AT_ONCE);
            write(tenant, newest.entries);
            mark = advance(tenant, mark, newest.upTo);
        }
        kept.watermark = mark.at();
        return found;
    }

    private Position lastKept(LogState found) {
        for (long epoch : found.log().epochs().withMessagesAfter(found.first() - 1)) {
            String subject = Subjects.log(found.log().tenant(), epoch, Subjects.KEPT);
            Optional<StoredMessage> last = session.api().await(session.api().last(found.log().stream(), subject));
            if (last.isPresent()) {
                return last.get().position();
            }
        }
        return Position.NONE;
    }

    /** The last retained event of each scope among the messages of the log from a sequence to the head, or to where it is much. */
    private final class Newest {
        private final Map<Scope, Entry> entries = new LinkedHashMap<>();
        private final long maxBytes;
        private long bytes;
        private Position upTo;

        Newest(LogState found, long after, long maxBytes) {
            this.maxBytes = maxBytes;
            this.upTo = found.head();
            LogReader.read(session, found.log(), Set.of(Subjects.KEPT), after, upTo.sequence(), this::take);
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

    /** Removes what is done; what another node has changed meanwhile is left. */
    private void writeOnce(Tenant tenant, Map<Scope, Entry> left) {
        List<Scope> scopes = List.copyOf(left.keySet());
        List<Optional<Entry>> present = entries(tenant, scopes);
        Map<Scope, Long> expected = new LinkedHashMap<>();
        Position mark = null;
        for (int i = 0; i < scopes.size(); i++) {
            Scope scope = scopes.get(i);
            Entry wanted = Objects.requireNonNull(left.get(scope));
            Optional<Entry> is = present.get(i);
            if (is.isEmpty() && mark == null) {
                // Asked after the entry: one that was cleared, and then swept, must not come back.
                mark = watermark(tenant).at();
            }
            boolean done = is.map(e -> !wanted.at().isAfter(e.at()))
                    .orElse(mark != null && !wanted.at().isAfter(mark));
            if (done) {
                left.remove(scope);
            } else {
                expected.put(scope, is.map(Entry::revision).orElse(0L));
            }
        }
        List<Scope> written = List.copyOf(expected.keySet());
        List<Ack> acks = session.api().pipelined(written, scope -> {
            Entry wanted = Objects.requireNonNull(left.get(scope));
            return publish(tenant, Subjects.key(scope), wanted, Objects.requireNonNull(expected.get(scope)));
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

    private record Mark(Position at, long revision) {
        static Mark of(StoredMessage stored) {
            String text = new String(stored.data(), StandardCharsets.UTF_8);
            try {
                return new Mark(
                        UnreadableException.reading("a position", () -> Position.parse(text)), stored.sequence());
            } catch (UnreadableException e) {
                stored.reportUnreadable(e);
                // All that the log has is carried over once more.
                return new Mark(Position.NONE, stored.sequence());
            }
        }
    }

    private Mark watermark(Tenant tenant) {
        return session.api()
                .await(session.api().last(Subjects.retainedStream(tenant), Subjects.retained(tenant, WATERMARK)))
                .map(Mark::of)
                .orElse(new Mark(Position.NONE, 0));
    }

    /** The watermark as it is afterwards: another node's may be further. */
    private Mark advance(Tenant tenant, Mark from, Position to) {
        Ack ack = session.api()
                .await(session.api()
                        .publish(
                                Subjects.retained(tenant, WATERMARK),
                                new Headers(),
                                to.text().getBytes(StandardCharsets.UTF_8),
                                from.revision()));
        return ack.conflict() ? watermark(tenant) : new Mark(to, ack.sequence());
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
