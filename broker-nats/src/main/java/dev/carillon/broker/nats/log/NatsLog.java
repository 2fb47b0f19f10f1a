package dev.carillon.broker.nats.log;

import dev.carillon.broker.Chain;
import dev.carillon.broker.Durability;
import dev.carillon.broker.Epoch;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.BlockingCalls;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.NatsLink;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.broker.nats.log.LogReader.LogState;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tenants' streams. A stream has every sequence between its first and its last, because messages are only removed at its old
 * end. A read after a position is therefore complete if and only if the next sequence is not before the first.
 */
public final class NatsLog implements Log {
    /** Maximum number of non-matching messages after which a page ends early, so that it ends in time. */
    private static final int MAX_SKIPPED = 20_000;
    /** A page ends early after this fraction of the time limit; the rest needs another request. */
    private static final int TIMEOUT_PARTS = 4;

    private final NatsLink<LogSession> link;
    private final BlockingCalls calls;
    private final BlockingCalls lookups;
    private final NatsChannel channel;
    private final TenantLogs logs;
    private final LongSupplier nanoTime;

    /** @param lookups runs lookups of ids, so that many of them from resuming clients do not block other calls */
    public NatsLog(
            NatsLink<LogSession> link,
            BlockingCalls calls,
            BlockingCalls lookups,
            NatsChannel channel,
            TenantLogs logs,
            LongSupplier nanoTime) {
        this.link = link;
        this.calls = calls;
        this.lookups = lookups;
        this.channel = channel;
        this.logs = logs;
        this.nanoTime = nanoTime;
    }

    @Override
    public CompletionStage<Page> read(Tenant tenant, Collection<Scope> scopes, Position after, int max) {
        Set<Scope> requested = Set.copyOf(scopes);
        return calls.call(() -> {
            LogSession session = link.session();
            LogState found = LogReader.find(session, tenant);
            Position head = found.head();
            if (after.equals(Position.NONE)) {
                return new PageReader(session, found, requested, max, null, nanoTime).read();
            }
            Epochs.Resume resume = found.log().epochs().resume(after, head.sequence());
            if (resume == null) {
                return new Page(List.of(), head, false, true);
            }
            Page page = new PageReader(session, found, requested, max, resume, nanoTime).read();
            // Checked after the read: messages trimmed meanwhile may have been missed.
            boolean trimmed = LogReader.find(session, tenant).first() > resume.after() + 1;
            return trimmed ? new Page(page.events(), page.last(), page.more(), true) : page;
        });
    }

    /** One page being read. */
    private static final class PageReader {
        private final LogSession session;
        private final LogState found;
        private final Set<Scope> requested;
        private final int max;
        /** Null: from the first event. */
        private final Epochs.@Nullable Resume resume;

        private final List<Live> events = new ArrayList<>();
        private final LongSupplier nanoTime;
        private final long endNanos;
        private long bytes;
        private int skipped;
        private Position last;
        private boolean more;
        private boolean unreadable;

        PageReader(
                LogSession session,
                LogState found,
                Set<Scope> requested,
                int max,
                Epochs.@Nullable Resume resume,
                LongSupplier nanoTime) {
            this.session = session;
            this.found = found;
            this.requested = requested;
            this.max = max;
            this.resume = resume;
            this.last = found.head();
            this.nanoTime = nanoTime;
            this.endNanos = nanoTime.getAsLong()
                    + TimeUnit.MILLISECONDS.toNanos(session.api().timeoutMillis() / TIMEOUT_PARTS);
        }

        Page read() {
            Set<String> keys = new HashSet<>();
            if (!requested.isEmpty()) {
                requested.forEach(scope -> keys.add(Subjects.key(scope)));
                keys.add(Subjects.MULTI);
                keys.add(Subjects.RETAINED);
            }
            long from = Math.max(resume == null ? 0 : resume.after(), found.first() - 1);
            LogReader.read(session, found.log(), keys, from, found.head().sequence(), this::add);
            boolean incomplete = resume != null && (resume.lost() || unreadable);
            return new Page(events, last, more, incomplete);
        }

        private boolean add(StoredMessage stored) {
            Event event;
            Position at;
            try {
                event = stored.event();
                at = stored.position();
            } catch (UnreadableException e) {
                stored.reportUnreadable(e);
                unreadable = true;
                return true;
            }
            boolean full = events.size() == max || bytes > PAGE_BYTES;
            if (requested.isEmpty() || event.scopes().stream().anyMatch(requested::contains)) {
                if (full) {
                    return endAfter(events.getLast().at());
                }
                events.add(new Live(event, at, List.of()));
                bytes += stored.data().length;
            } else if (++skipped > MAX_SKIPPED) {
                return endAfter(full ? events.getLast().at() : at);
            }
            return nanoTime.getAsLong() - endNanos < 0 || endAfter(at);
        }

        private boolean endAfter(Position at) {
            more = true;
            last = at;
            return false;
        }
    }

    @Override
    public CompletionStage<List<Position>> find(IdLookup lookup) {
        return lookups.call(() -> {
            LogSession session = link.session();
            LogState found = LogReader.find(session, lookup.tenant());
            Optional<Position> generated = EventIds.position(lookup.id());
            List<Position> positions = generated.isPresent()
                    ? generated
                            .filter(at ->
                                    found.log().epochs().holds(at, found.head().sequence()))
                            .stream()
                            .toList()
                    : IdIndex.find(session, found, lookup);
            return positions.stream()
                    .map(at -> timed(session.api(), found.log(), at))
                    .toList();
        });
    }

    /** Adds the server's time, which neither an id nor the answer to an append has, while the event is in the log. */
    private static Position timed(NatsApi api, TenantLog log, Position at) {
        return at.atMillis() > 0
                ? at
                : api.await(api.message(log.stream(), at.sequence()))
                        .map(StoredMessage::position)
                        .orElse(at);
    }

    @Override
    public CompletionStage<Position> head(Tenant tenant) {
        return calls.call(() -> LogReader.find(link.session(), tenant).head());
    }

    @Override
    public CompletionStage<List<Epoch>> epochs(Tenant tenant) {
        return calls.call(
                () -> LogReader.find(link.session(), tenant).log().epochs().list());
    }

    @Override
    public CompletionStage<Map<Chain, Position>> heads(Collection<Interest> interests) {
        Map<Tenant, Set<Interest>> requested = new HashMap<>();
        interests.forEach(i -> requested
                .computeIfAbsent(i.tenant(), t -> new LinkedHashSet<>())
                .add(i));
        return calls.call(() -> {
            LogSession session = link.session();
            Map<Chain, Position> heads = new HashMap<>();
            requested.forEach((tenant, some) -> heads(session, tenant, some, heads));
            return heads;
        });
    }

    private void heads(LogSession session, Tenant tenant, Set<Interest> interests, Map<Chain, Position> heads) {
        LogState found = LogReader.find(session, tenant);
        Set<String> keys = new LinkedHashSet<>();
        for (Interest interest : interests) {
            Scope scope = interest.scope();
            if (scope != null) {
                keys.add(Subjects.key(scope));
            } else if (found.head().sequence() > 0) {
                heads.put(new Chain(tenant, Subjects.ALL), found.head());
            }
        }
        if (!keys.isEmpty()) {
            keys.add(Subjects.MULTI);
            keys.add(Subjects.RETAINED);
        }
        // Subjects contain the epoch: a key without an event in this epoch may have one in an earlier epoch.
        for (long epoch : found.log().epochs().withMessagesAfter(found.first() - 1)) {
            List<String> left = List.copyOf(keys);
            List<Optional<StoredMessage>> lasts = session.api()
                    .pipelined(left, key -> session.api().last(found.log().stream(), Subjects.log(tenant, epoch, key)));
            for (int i = 0; i < left.size(); i++) {
                String key = left.get(i);
                lasts.get(i).map(StoredMessage::position).ifPresent(at -> {
                    keys.remove(key);
                    heads.put(new Chain(tenant, key), at);
                });
            }
        }
        channel.narrow(interests, heads);
    }

    @Override
    public Durability durability() {
        int replicas = logs.replicas();
        return new Durability(
                Durability.Level.PERIODIC,
                replicas,
                "JetStream writes each event to a file and flushes it to disk every sync_interval (2 minutes unless set):"
                        + " a crash of the machine loses what came since; with \"sync_interval: always\" in the jetstream block"
                        + " of nats-server it is on disk before it is acknowledged.");
    }
}
