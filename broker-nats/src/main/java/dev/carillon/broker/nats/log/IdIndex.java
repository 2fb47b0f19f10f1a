package dev.carillon.broker.nats.log;

import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Log;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.Ack;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.broker.nats.connection.StreamScan;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.broker.nats.log.LogReader.LogState;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import io.nats.client.impl.Headers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The positions of events with given ids, in a stream of the tenant with a subject per id and scope, so that lookups in one scope are
 * independent of other scopes. It retains notes as long as the log retains events, at most {@value #NOTES_PER_EVENT} per event of a full
 * log. If it is full and reaches back less far than the log, ids count as unknown: clients receive {@code carillon.gap}.
 *
 * <p>It does not deduplicate: the server does, by {@code Nats-Msg-Id}. A broadcaster first announces the id with a token, sends the event
 * right behind on the same connection without waiting, and then notes the position with that token. If its node crashes before that, the
 * announcement leads to the event: the log is searched for the token, starting at the announcement's time.
 */
public final class IdIndex {
    /** Header of an announced event. */
    public static final String TOKEN = "Carillon-Announced";

    private static final int NOTES_PER_EVENT = 8;
    /** An event may be stored slightly before its announcement, because they are in two streams. */
    private static final long SEARCH_BEFORE_MILLIS = 5_000;
    /** Longer than any broadcast can take. */
    private static final long SEARCH_AFTER_MILLIS = 90_000;

    private static final int MAX_SEARCHED = 200_000;
    /** Maximum number of notes that are read per scope. */
    private static final int MAX_STEPS = 4 * Log.MAX_POSITIONS;
    /** Maximum number of notes that are read one after another, whatever their scopes are. */
    private static final int FEW = 8;
    /** Maximum number of notes that are read for a pattern. */
    private static final int MAX_SCANNED = 20_000;

    /** No event followed the announcement. */
    private static final String NO_EVENT = "-";

    private static final String ANNOUNCED = "?";

    /**
     * A note of the index.
     *
     * @param at null: announced, or without an event
     * @param scope one of the event's scopes; empty: the note is about a fingerprint
     */
    public record Note(
            String token,
            String digest,
            String state,
            @Nullable Position at,
            String scope,
            long atMillis) {
        public static Note of(StoredMessage stored) {
            return UnreadableException.reading("a note of an id", () -> {
                String[] f = new String(stored.data(), StandardCharsets.UTF_8).split(" ", 4);
                boolean placed = !f[2].equals(ANNOUNCED) && !f[2].equals(NO_EVENT);
                if (!f[3].isEmpty()) {
                    Scope.parse(f[3]);
                }
                return new Note(f[0], f[1], f[2], placed ? Position.parse(f[2]) : null, f[3], stored.atMillis());
            });
        }
    }

    /** The notes of one broadcast. */
    public record Notes(Tenant tenant, String token, String digest, Map<String, String> scopeBySubject) {
        /**
         * @param token unique to this broadcast
         * @param fingerprint null where the notes of the id identify the broadcast
         */
        public static Notes of(String token, Event event, @Nullable String fingerprint, String digest) {
            Map<String, String> subjects = new LinkedHashMap<>();
            Tenant tenant = event.tenant();
            if (fingerprint != null) {
                subjects.put(Subjects.repeat(tenant, fingerprint), "");
            }
            String id = event.id();
            if (id != null) {
                event.scopes().forEach(scope -> subjects.put(Subjects.id(tenant, id, scope), scope.text()));
            }
            return new Notes(tenant, token, digest, subjects);
        }

        boolean any() {
            return !scopeBySubject.isEmpty();
        }

        public CompletableFuture<Void> announce(NatsApi api) {
            return publish(api, ANNOUNCED);
        }

        /** @param at null: no event followed */
        void note(NatsApi api, @Nullable Position at) {
            var _ = publish(api, at == null ? NO_EVENT : at.text());
        }

        private CompletableFuture<Void> publish(NatsApi api, String state) {
            List<CompletableFuture<Ack>> acks = new ArrayList<>();
            scopeBySubject.forEach((subject, scope) -> acks.add(api.publish(
                    subject,
                    new Headers(),
                    (token + " " + digest + " " + state + " " + scope).getBytes(StandardCharsets.UTF_8),
                    NatsApi.ANY_SEQUENCE)));
            return CompletableFuture.allOf(acks.toArray(CompletableFuture<?>[]::new));
        }
    }

    private IdIndex() {}

    static StreamConfiguration config(Tenant tenant, BrokerOptions options) {
        return StreamConfiguration.builder()
                .name(Subjects.idStream(tenant))
                .subjects(Subjects.idsOfTenant(tenant))
                .storageType(StorageType.File)
                .maxMessages((long) NOTES_PER_EVENT * options.maxLogEvents(tenant))
                .maxAge(TenantLogs.age(options))
                .allowDirect(true)
                .build();
    }

    /** The digest of the event that was stored at a sequence of the log; blocks. */
    static Optional<String> digest(NatsApi api, Notes like, long sequence) {
        String subject = like.scopeBySubject().keySet().iterator().next();
        for (Note note : notes(api, like.tenant(), subject, 1)) {
            Position at = note.at();
            if (at != null && at.sequence() == sequence) {
                return Optional.of(note.digest());
            }
        }
        return Optional.empty();
    }

    /** Skips an unreadable note, which does not affect other events. */
    private static Optional<Note> read(StoredMessage stored) {
        try {
            return Optional.of(Note.of(stored));
        } catch (UnreadableException e) {
            stored.reportUnreadable(e);
            return Optional.empty();
        }
    }

    private static List<Note> notes(NatsApi api, Tenant tenant, String subject, long from) {
        List<Note> notes = new ArrayList<>();
        long next = from;
        for (int step = 0; step < MAX_STEPS; step++) {
            Optional<StoredMessage> stored = api.await(api.next(Subjects.idStream(tenant), subject, next));
            if (stored.isEmpty()) {
                break;
            }
            read(stored.get()).ifPresent(notes::add);
            next = stored.get().sequence() + 1;
        }
        return notes;
    }

    /** As {@link Log#find} for a given id; blocks. */
    static List<Position> find(LogSession session, LogState found, IdLookup lookup) {
        NatsApi api = session.api();
        if (!reachesAsFarAsLog(session, found, lookup.tenant())) {
            return List.of();
        }
        String stream = Subjects.idStream(lookup.tenant());
        String everyScope = Subjects.idOfEveryScope(lookup.tenant(), lookup.id());
        Optional<List<Note>> few = api.await(session.fewNotes(everyScope, () -> few(api, stream, everyScope)));
        Positions positions = new Positions(session, found, lookup);
        if (few.isPresent()) {
            Map<String, List<Note>> byScope = new LinkedHashMap<>();
            few.get().forEach(note -> add(byScope, note));
            positions.addCovered(byScope);
            return positions.result();
        }
        if (lookup.topics() != null) {
            Map<String, List<Note>> byScope = new LinkedHashMap<>();
            int[] scanned = new int[1];
            new StreamScan(stream, List.of(everyScope), false).from(1, session, stored -> {
                read(stored).ifPresent(note -> add(byScope, note));
                return ++scanned[0] <= MAX_SCANNED && byScope.size() <= Log.MAX_SCOPES_PER_ID;
            });
            if (scanned[0] > MAX_SCANNED || byScope.size() > Log.MAX_SCOPES_PER_ID) {
                return List.of();
            }
            positions.addCovered(byScope);
            return positions.result();
        }
        List<String> subjects = lookup.scopes().stream()
                .map(scope -> Subjects.id(lookup.tenant(), lookup.id(), scope))
                .toList();
        List<Optional<StoredMessage>> firsts =
                session.api().pipelined(subjects, subject -> api.next(stream, subject, 1));
        for (int i = 0; i < subjects.size(); i++) {
            if (firsts.get(i).isPresent()) {
                positions.add(notes(
                        api,
                        lookup.tenant(),
                        subjects.get(i),
                        firsts.get(i).get().sequence()));
            }
        }
        return positions.result();
    }

    /**
     * All notes of an id, if they are few, as those of nearly all ids are: without a request for each scope of the client. An id that a client invented
     * has none, and costs one.
     */
    private static Optional<List<Note>> few(NatsApi api, String stream, String everyScope) {
        List<Note> notes = new ArrayList<>();
        long next = 1;
        for (int step = 0; step <= FEW; step++) {
            Optional<StoredMessage> stored = api.await(api.next(stream, everyScope, next));
            if (stored.isEmpty()) {
                return Optional.of(notes);
            }
            read(stored.get()).ifPresent(notes::add);
            next = stored.get().sequence() + 1;
        }
        return Optional.empty();
    }

    private static void add(Map<String, List<Note>> byScope, Note note) {
        byScope.computeIfAbsent(note.scope(), s -> new ArrayList<>()).add(note);
    }

    private static boolean reachesAsFarAsLog(LogSession session, LogState found, Tenant tenant) {
        Optional<StreamInfo> info = session.api().await(session.info(Subjects.idStream(tenant)));
        if (info.isEmpty()) {
            return false;
        }
        long max = info.get().getConfiguration().getMaxMsgs();
        var state = info.get().getStreamState();
        boolean full = max > 0 && state.getMsgCount() >= max;
        return !full
                || !state.getFirstTime().isAfter(found.info().getStreamState().getFirstTime());
    }

    /** Collects the positions of one lookup. */
    private static final class Positions {
        private final LogSession session;
        private final LogState found;
        private final IdLookup lookup;
        private final TreeSet<Position> kept = new TreeSet<>();
        private final TreeSet<Position> trimmed = new TreeSet<>();
        private boolean uncertain;

        Positions(LogSession session, LogState found, IdLookup lookup) {
            this.session = session;
            this.found = found;
            this.lookup = lookup;
        }

        /** Adds the notes of the client's own scopes. */
        void addCovered(Map<String, List<Note>> byScope) {
            byScope.forEach((scope, notes) -> {
                if (lookup.covers(Scope.parse(scope))) {
                    add(notes);
                }
            });
        }

        /** Adds the notes of one scope, in their order. */
        void add(List<Note> notes) {
            Set<String> settled = new HashSet<>();
            notes.stream().filter(n -> !n.state().equals(ANNOUNCED)).forEach(n -> settled.add(n.token()));
            Position newestTrimmed = null;
            Set<String> seen = new HashSet<>();
            for (Note note : notes) {
                Position at = note.at();
                if (at == null && note.state().equals(ANNOUNCED) && !settled.contains(note.token())) {
                    at = search(note).orElse(null);
                }
                if (at == null || !seen.add(at.epoch() + ":" + at.sequence()) || !isInLog(at)) {
                    continue;
                }
                if (at.sequence() < found.first()) {
                    newestTrimmed = newestTrimmed == null || at.isAfter(newestTrimmed) ? at : newestTrimmed;
                } else {
                    kept.add(at);
                }
            }
            if (newestTrimmed != null) {
                trimmed.add(newestTrimmed);
            }
        }

        private boolean isInLog(Position at) {
            return found.log().epochs().holds(at, found.head().sequence());
        }

        List<Position> result() {
            if (uncertain) {
                return List.of();
            }
            return kept.isEmpty()
                    ? trimmed.stream().limit(1).toList()
                    : kept.stream().limit(Log.MAX_POSITIONS).toList();
        }

        /** Searches the log for an announced event, and notes the result, so that it is searched once. */
        private Optional<Position> search(Note announced) {
            Position[] at = new Position[1];
            int[] searched = new int[1];
            long until = announced.atMillis() + SEARCH_AFTER_MILLIS;
            boolean[] passed = new boolean[1];
            new StreamScan(Subjects.logStream(lookup.tenant()), List.of(), true)
                    .since(announced.atMillis() - SEARCH_BEFORE_MILLIS, session, stored -> {
                        if (announced.token().equals(stored.header(TOKEN))) {
                            at[0] = stored.position();
                        }
                        passed[0] = stored.atMillis() > until;
                        return at[0] == null && !passed[0] && ++searched[0] < MAX_SEARCHED;
                    });
            uncertain |= at[0] == null && searched[0] >= MAX_SEARCHED;
            if (at[0] != null || passed[0]) {
                Map<String, String> subject = Map.of(
                        Subjects.id(lookup.tenant(), lookup.id(), Scope.parse(announced.scope())), announced.scope());
                new Notes(lookup.tenant(), announced.token(), announced.digest(), subject).note(session.api(), at[0]);
            }
            return Optional.ofNullable(at[0]);
        }
    }
}
