package dev.carillon.broker.redis;

import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.broker.redis.Scripts.Script;
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
 * Reads one page of the log by several calls. Redis serves others between them, as each looks at no more than {@value
 * #ENTRIES_AT_ONCE} entries or {@value #EVENTS_AT_ONCE} events, and no more than {@value #CALLS_AT_ONCE} come together.
 *
 * <p>Of all of a tenant the calls are pages after each other. Of scopes, first the indexes are read, which have the sequences of their
 * events, and merged here; then the events. The page ends at the head of the first call: what is appended meanwhile is left out. What
 * is removed meanwhile shows, as it would for a client that reads one page after the other: an index says up to which sequence nothing
 * of its scope lies before an entry, and an event that is gone is missed when it is to be read. Only where everything that is kept was
 * asked for is it no gap.
 *
 * <p>Indexes are read in parts. What lies beyond the end of the shortest one is not certain yet, so those are read on that end before the
 * last event of the page, until there is none, or so much was looked at that the rest has to wait for the next page.
 *
 * <p>The steps of one reading follow each other, each on the thread that got the answer before.
 */
final class PageReading {
    static final int ENTRIES_AT_ONCE = 128;
    static final int EVENTS_AT_ONCE = 64;

    private static final Logger LOGGER = LoggerFactory.getLogger(PageReading.class);
    private static final int SCOPES_AT_ONCE = 16;
    /** Redis answers those that come together one after the other, and others not before. */
    private static final int CALLS_AT_ONCE = 8;

    private static final int LEAST_ENTRIES = 4;
    private static final int MAX_ENTRIES = 20_000;
    private static final int BYTES_AT_ONCE = 256 * 1024;
    /** Of the answer of {@code read.lua} before sequences and events. */
    private static final int HEAD_FIELDS = 7;

    /** How far the index of a scope was read. */
    private static final class Part {
        private final String index;
        private long end;

        Part(String index) {
            this.index = index;
        }
    }

    private final Session session;
    private final Epochs epochs;
    private final Tenant tenant;
    private final Retention retention;
    private final String meta;
    private final String log;
    private final Position after;
    private final boolean fromFirst;
    private final int max;
    private final List<Part> parts;

    private final TreeSet<Long> sequences = new TreeSet<>();
    private final List<Live> events = new ArrayList<>();
    private Position head = Position.NONE;
    private boolean begun;
    private int entries;
    private int total;
    private int bytes;
    private boolean incomplete;

    PageReading(
            Session session,
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
        this.parts = scopes.stream()
                .distinct()
                .map(scope -> new Part(keys.index(tenant, scope)))
                .toList();
        this.entries =
                parts.isEmpty() ? 0 : Math.clamp(2L * (max + 1) / parts.size() + 1, LEAST_ENTRIES, ENTRIES_AT_ONCE);
    }

    CompletionStage<Page> read() {
        return parts.isEmpty() ? readAll(after) : readFirst();
    }

    private CompletionStage<Page> readAll(Position from) {
        int most = Math.min(EVENTS_AT_ONCE, max - events.size());
        return call(
                        Scripts.READ,
                        List.of(meta, log),
                        begin(from, most, Math.min(BYTES_AT_ONCE, Log.PAGE_BYTES - bytes)))
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
        // Epoch 0 asks for all that there is; an unknown position must not come to mean that.
        long epoch = from.equals(Position.NONE) ? 0 : Math.max(1, from.epoch());
        return Arguments.of(
                session.run(), retention.ageMillis(), retention.logEvents(tenant), epoch, from.sequence(), most, size);
    }

    /** Reads the first; the answer says where the others begin, too. */
    private CompletionStage<Page> readFirst() {
        List<Part> first = parts.subList(0, end(parts, 0));
        return readPart(first, after).thenCompose(reply -> {
            begun = true;
            head = head(reply);
            long begin = reply.number(6);
            if (begin < 0) {
                incomplete |= isIncomplete(reply);
                return page(false);
            }
            parts.forEach(part -> part.end = begin);
            take(first, reply);
            return readParts(parts, first.size());
        });
    }

    /** Reads these on, from the one of this index: some calls at a time, as each alone would cost the way to Redis and back. */
    private CompletionStage<Page> readParts(List<Part> some, int from) {
        if (from == some.size()) {
            return settle();
        }
        List<List<Part>> asked = new ArrayList<>();
        int to = from;
        while (to < some.size() && asked.size() < CALLS_AT_ONCE) {
            int end = end(some, to);
            asked.add(some.subList(to, end));
            to = end;
        }
        List<CompletableFuture<Reply>> replies = asked.stream()
                .map(next -> readPart(next, new Position(head.epoch(), head.sequence(), 0))
                        .toCompletableFuture())
                .toList();
        int next = to;
        return CompletableFuture.allOf(replies.toArray(CompletableFuture<?>[]::new))
                .thenCompose(x -> {
                    for (int i = 0; i < asked.size(); i++) {
                        take(asked.get(i), replies.get(i).join());
                    }
                    return readParts(some, next);
                });
    }

    /** Up to which, from this index, one call reads. */
    private int end(List<Part> some, int from) {
        return Math.min(some.size(), from + Math.clamp(ENTRIES_AT_ONCE / entries, 1, SCOPES_AT_ONCE));
    }

    private CompletionStage<Reply> readPart(List<Part> some, Position from) {
        List<String> names = new ArrayList<>(List.of(meta, log));
        some.forEach(part -> names.add(part.index));
        List<byte[]> arguments = begin(from, entries, Log.PAGE_BYTES);
        if (begun) {
            some.forEach(part -> arguments.addAll(Arguments.of(part.end)));
        }
        return call(Scripts.READ, names, arguments);
    }

    private boolean isIncomplete(Reply reply) {
        return reply.number(4) == 1 && !fromFirst;
    }

    private void take(List<Part> some, Reply reply) {
        incomplete |= isIncomplete(reply);
        for (int i = 0; i < some.size(); i++) {
            take(some.get(i), reply.numbers(HEAD_FIELDS + i));
        }
    }

    private void take(Part part, List<Long> found) {
        total += found.size();
        for (long sequence : found) {
            if (sequence <= head.sequence()) {
                sequences.add(sequence);
            }
        }
        part.end = found.size() < entries || found.getLast() >= head.sequence() ? Long.MAX_VALUE : found.getLast();
    }

    /** Reads those indexes on that end too early, or else the events. */
    private CompletionStage<Page> settle() {
        // One more than the page has shows whether more follow.
        long last = sequences.stream().skip(max).findFirst().orElse(Long.MAX_VALUE);
        List<Part> tooShort = parts.stream().filter(part -> part.end < last).toList();
        if (!tooShort.isEmpty() && total <= MAX_ENTRIES) {
            entries = Math.min(2 * entries, ENTRIES_AT_ONCE);
            return readParts(tooShort, 0);
        }
        long certain = parts.stream().mapToLong(part -> part.end).min().orElse(Long.MAX_VALUE);
        List<Long> wanted = List.copyOf(sequences.headSet(certain, true));
        return readEvents(wanted, 0, certain < Long.MAX_VALUE);
    }

    /** @param beyond whether more may follow those that are wanted */
    private CompletionStage<Page> readEvents(List<Long> wanted, int from, boolean beyond) {
        if (from == wanted.size() || events.size() == max || bytes > Log.PAGE_BYTES) {
            return page(beyond || from < wanted.size());
        }
        int to = Math.min(wanted.size(), from + Math.min(EVENTS_AT_ONCE, max - events.size()));
        List<byte[]> arguments =
                Arguments.of(session.run(), head.epoch(), Math.min(BYTES_AT_ONCE, Log.PAGE_BYTES - bytes));
        wanted.subList(from, to).forEach(sequence -> arguments.addAll(Arguments.of(sequence)));
        return call(Scripts.EVENTS, List.of(meta, log), arguments).thenCompose(reply -> {
            if (reply.size() < 2) {
                // It would be asked for without end.
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
            return readEvents(wanted, from + reply.size() - 1, beyond);
        });
    }

    private CompletionStage<Reply> call(Script script, List<String> names, List<byte[]> arguments) {
        return epochs.in(session, tenant, () -> session.run(script, names, arguments))
                .thenApply(reply -> {
                    if (reply.text(0).equals("other")) {
                        throw new BrokerUnavailableException("the log has begun anew while it was read");
                    }
                    return reply;
                });
    }

    private void add(byte[] wire) {
        bytes += wire.length;
        try {
            events.add(Frames.live(wire));
        } catch (RuntimeException e) {
            LOGGER.warn("an event of the log cannot be read: {}", e.getMessage());
            incomplete = true;
        }
    }

    private CompletionStage<Page> page(boolean more) {
        // Where not even the first could be read, the head is all that there is to go on from.
        incomplete |= more && events.isEmpty();
        Position last = more && !events.isEmpty() ? events.getLast().at() : head;
        return CompletableFuture.completedStage(new Page(events, last, more, incomplete));
    }

    private static Position head(Reply reply) {
        return new Position(reply.number(1), reply.number(2), reply.number(3));
    }
}
