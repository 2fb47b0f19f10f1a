package dev.carillon.broker.redis;

import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.broker.redis.script.Frames;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.broker.redis.script.Retention;
import dev.carillon.broker.redis.script.ScriptArguments;
import dev.carillon.broker.redis.script.ScriptReply;
import dev.carillon.broker.redis.script.Scripts;
import dev.carillon.broker.redis.script.Scripts.Script;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one page of the log in several calls. Redis serves other clients between them: a call reads at most {@value #ENTRIES_PER_CALL}
 * entries or {@value #EVENTS_PER_CALL} events, and at most {@value #CALLS_IN_FLIGHT} calls are in flight.
 *
 * <p>For all of a tenant, the calls read consecutive pages. For scopes, the indexes are read first and merged here (they contain the
 * sequences of the scopes' events), then the events. The page ends at the head of the first call; later events are left out. Events
 * trimmed meanwhile are detected, as they would be between two pages: an index entry says up to which sequence nothing of its scope lies
 * before it, and a trimmed event is missing when it is read. Only a read from the first event reports no gap then.
 *
 * <p>Indexes are read in parts. Sequences beyond the end of the shortest part are not certain yet: short indexes are read further until
 * all reach the last event of the page, or until the limit of entries leaves the rest to the next page.
 *
 * <p>The steps of one read are sequential; each runs on the thread that received the previous answer.
 */
final class PageReader {
    static final int ENTRIES_PER_CALL = 128;
    static final int EVENTS_PER_CALL = 64;

    private static final Logger LOGGER = LoggerFactory.getLogger(PageReader.class);
    private static final int SCOPES_PER_CALL = 16;
    /** Redis serves the calls in flight one after the other, before those of other clients. */
    private static final int CALLS_IN_FLIGHT = 8;

    private static final int MIN_ENTRIES = 4;
    private static final int MAX_ENTRIES = 20_000;
    private static final int BYTES_PER_CALL = 256 * 1024;
    /** Fields in the answer of {@code read.lua} before sequences and events. */
    private static final int HEAD_FIELDS = 7;

    /** The part of a scope's index that was read. */
    private static final class ScopeIndex {
        private final String index;
        private long end;

        ScopeIndex(String index) {
            this.index = index;
        }
    }

    private final RedisSession session;
    private final Epochs epochs;
    private final Tenant tenant;
    private final Retention retention;
    private final String meta;
    private final String log;
    private final Position after;
    private final boolean fromFirst;
    private final int max;
    private final List<ScopeIndex> indexes;

    private final TreeSet<Long> sequences = new TreeSet<>();
    private final List<Live> events = new ArrayList<>();
    private Position head = Position.NONE;
    private boolean begun;
    private int entries;
    private int total;
    private int bytes;
    private boolean incomplete;

    PageReader(
            RedisSession session,
            Epochs epochs,
            Keys keys,
            Retention retention,
            Tenant tenant,
            Collection<Scope> scopes,
            Position after,
            int max) {
        this.session = session;
        this.epochs = epochs;
        this.retention = retention;
        this.tenant = tenant;
        this.meta = keys.meta(tenant);
        this.log = keys.log(tenant);
        this.after = after;
        this.fromFirst = after.equals(Position.NONE);
        this.max = max;
        this.indexes = scopes.stream()
                .distinct()
                .map(scope -> new ScopeIndex(keys.index(tenant, scope)))
                .toList();
        this.entries =
                indexes.isEmpty() ? 0 : Math.clamp(2L * (max + 1) / indexes.size() + 1, MIN_ENTRIES, ENTRIES_PER_CALL);
    }

    CompletionStage<Page> read() {
        return indexes.isEmpty() ? readAll(after) : readFirst();
    }

    private CompletionStage<Page> readAll(Position from) {
        int most = Math.min(EVENTS_PER_CALL, max - events.size());
        return call(
                        Scripts.READ,
                        List.of(meta, log),
                        begin(from, most, Math.min(BYTES_PER_CALL, Log.PAGE_BYTES - bytes)))
                .thenCompose(reply -> {
                    head = head(reply);
                    incomplete |= isIncomplete(reply);
                    int before = events.size();
                    for (int i = HEAD_FIELDS; i < reply.size(); i++) {
                        add(reply.bytes(i));
                    }
                    boolean more = reply.number(5) == 1;
                    return more && events.size() > before && events.size() < max && bytes < Log.PAGE_BYTES
                            ? readAll(events.getLast().at())
                            : page(more);
                });
    }

    private List<byte[]> begin(Position from, int most, int size) {
        // Epoch 0 requests all events; an unknown position must not become that.
        long epoch = from.equals(Position.NONE) ? 0 : Math.max(1, from.epoch());
        return ScriptArguments.of(
                session.run(), retention.ageMillis(), retention.logEvents(tenant), epoch, from.sequence(), most, size);
    }

    /** Reads the first indexes; the answer contains the start for the others. */
    private CompletionStage<Page> readFirst() {
        List<ScopeIndex> first = indexes.subList(0, end(indexes, 0));
        return readIndexPart(first, after).thenCompose(reply -> {
            begun = true;
            head = head(reply);
            long begin = reply.number(6);
            if (begin < 0) {
                incomplete |= isIncomplete(reply);
                return page(false);
            }
            indexes.forEach(part -> part.end = begin);
            addSequences(first, reply);
            return readIndexes(indexes, first.size());
        });
    }

    /** Reads indexes further, starting at this one, with several calls in flight to save round trips. */
    private CompletionStage<Page> readIndexes(List<ScopeIndex> some, int from) {
        if (from == some.size()) {
            return readShortIndexes();
        }
        List<List<ScopeIndex>> asked = new ArrayList<>();
        int to = from;
        while (to < some.size() && asked.size() < CALLS_IN_FLIGHT) {
            int end = end(some, to);
            asked.add(some.subList(to, end));
            to = end;
        }
        List<CompletableFuture<ScriptReply>> replies = asked.stream()
                .map(next -> readIndexPart(next, new Position(head.epoch(), head.sequence(), 0))
                        .toCompletableFuture())
                .toList();
        int next = to;
        return CompletableFuture.allOf(replies.toArray(CompletableFuture<?>[]::new))
                .thenCompose(x -> {
                    for (int i = 0; i < asked.size(); i++) {
                        addSequences(asked.get(i), replies.get(i).join());
                    }
                    return readIndexes(some, next);
                });
    }

    /** End of the indexes that one call reads, starting at this one. */
    private int end(List<ScopeIndex> some, int from) {
        return Math.min(some.size(), from + Math.clamp(ENTRIES_PER_CALL / entries, 1, SCOPES_PER_CALL));
    }

    private CompletionStage<ScriptReply> readIndexPart(List<ScopeIndex> some, Position from) {
        List<String> names = new ArrayList<>(List.of(meta, log));
        some.forEach(part -> names.add(part.index));
        List<byte[]> arguments = begin(from, entries, Log.PAGE_BYTES);
        if (begun) {
            some.forEach(part -> arguments.addAll(ScriptArguments.of(part.end)));
        }
        return call(Scripts.READ, names, arguments);
    }

    private boolean isIncomplete(ScriptReply reply) {
        return reply.number(4) == 1 && !fromFirst;
    }

    private void addSequences(List<ScopeIndex> some, ScriptReply reply) {
        incomplete |= isIncomplete(reply);
        for (int i = 0; i < some.size(); i++) {
            addSequences(some.get(i), reply.numbers(HEAD_FIELDS + i));
        }
    }

    private void addSequences(ScopeIndex part, List<Long> found) {
        total += found.size();
        for (long sequence : found) {
            if (sequence <= head.sequence()) {
                sequences.add(sequence);
            }
        }
        part.end = found.size() < entries || found.getLast() >= head.sequence() ? Long.MAX_VALUE : found.getLast();
    }

    /** Reads short indexes further, or else the events. */
    private CompletionStage<Page> readShortIndexes() {
        // One event beyond the page shows whether more follow.
        long last = sequences.stream().skip(max).findFirst().orElse(Long.MAX_VALUE);
        List<ScopeIndex> shortIndexes =
                indexes.stream().filter(part -> part.end < last).toList();
        if (!shortIndexes.isEmpty() && total <= MAX_ENTRIES) {
            entries = Math.min(2 * entries, ENTRIES_PER_CALL);
            return readIndexes(shortIndexes, 0);
        }
        long certain = indexes.stream().mapToLong(part -> part.end).min().orElse(Long.MAX_VALUE);
        List<Long> requested = List.copyOf(sequences.headSet(certain, true));
        return readEvents(requested, 0, certain < Long.MAX_VALUE);
    }

    /** @param beyond whether more events may follow the requested ones */
    private CompletionStage<Page> readEvents(List<Long> requested, int from, boolean beyond) {
        if (from == requested.size() || events.size() == max || bytes > Log.PAGE_BYTES) {
            return page(beyond || from < requested.size());
        }
        int to = Math.min(requested.size(), from + Math.min(EVENTS_PER_CALL, max - events.size()));
        List<byte[]> arguments =
                ScriptArguments.of(session.run(), head.epoch(), Math.min(BYTES_PER_CALL, Log.PAGE_BYTES - bytes));
        requested.subList(from, to).forEach(sequence -> arguments.addAll(ScriptArguments.of(sequence)));
        return call(Scripts.EVENTS, List.of(meta, log), arguments).thenCompose(reply -> {
            if (reply.size() < 2) {
                // Otherwise it would be requested forever.
                throw new IllegalArgumentException("an answer without events");
            }
            for (int i = 1; i < reply.size(); i++) {
                byte[] wire = reply.bytes(i);
                if (wire.length > 0) {
                    add(wire);
                } else {
                    incomplete |= !fromFirst;
                }
            }
            return readEvents(requested, from + reply.size() - 1, beyond);
        });
    }

    private CompletionStage<ScriptReply> call(Script script, List<String> names, List<byte[]> arguments) {
        return epochs.in(session, tenant, () -> session.run(script, names, arguments))
                .thenApply(reply -> {
                    if (reply.text(0).equals("other")) {
                        throw new BrokerUnavailableException("the log was restarted while it was read");
                    }
                    return reply;
                });
    }

    private void add(byte[] wire) {
        bytes += wire.length;
        try {
            events.add(Frames.live(wire));
        } catch (RuntimeException e) {
            LOGGER.warn("skipped an unreadable event of the log: {}", e.getMessage());
            incomplete = true;
        }
    }

    private CompletionStage<Page> page(boolean more) {
        // If the first event is unreadable, reading can only continue at the head.
        incomplete |= more && events.isEmpty();
        Position last = more && !events.isEmpty() ? events.getLast().at() : head;
        return CompletableFuture.completedStage(new Page(events, last, more, incomplete));
    }

    private static Position head(ScriptReply reply) {
        return new Position(reply.number(1), reply.number(2), reply.number(3));
    }
}
