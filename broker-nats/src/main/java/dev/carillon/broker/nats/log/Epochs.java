package dev.carillon.broker.nats.log;

import dev.carillon.broker.Epoch;
import dev.carillon.broker.UnreadableException;
import dev.carillon.scope.Position;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The epochs of one tenant's log, oldest first; only the last one can be open.
 *
 * <p>An epoch ends with the stream. On one server it also ends with the server's process: a directory restored from an older copy looks like
 * the previous stream, with the same creation time, and assigns sequences a second time. A replicated log continues with another leader; its
 * epoch ends when {@link LossCheck} finds that events are missing.
 */
public record Epochs(List<Entry> entries) {
    public static final Epochs NONE = new Epochs(List.of());
    private static final int MAX_REMEMBERED = 200;
    private static final long OPEN = Long.MAX_VALUE;

    /**
     * @param server id of the server process for which the epoch was opened, or {@link TenantLogs#REPLICATED}
     * @param created creation time of the stream for which it was opened
     */
    public record Entry(long id, long start, long end, String server, String created) {
        boolean isOf(String serverNow, String createdNow) {
            return end == OPEN && server.equals(serverNow) && created.equals(createdNow);
        }

        private Entry cutAt(long last) {
            return new Entry(id, Math.min(start, last), Math.min(end, last), server, created);
        }

        private static Entry of(String line) {
            String[] f = line.split(" ", -1);
            Entry entry = new Entry(Long.parseLong(f[0]), Long.parseLong(f[1]), Long.parseLong(f[2]), f[3], f[4]);
            if (entry.id <= 0 || entry.id > Position.MAX_EPOCH || entry.start < 0 || entry.start > entry.end) {
                throw new IllegalArgumentException("epoch out of range: " + line);
            }
            return entry;
        }

        private String line() {
            return id + " " + start + " " + end + " " + server + " " + created;
        }
    }

    /**
     * Where reading continues after a position.
     *
     * @param after a sequence of the current stream
     * @param lost whether the position was lost
     */
    record Resume(long after, boolean lost) {}

    public Epochs {
        entries = List.copyOf(entries);
    }

    @Nullable
    public Entry last() {
        return entries.isEmpty() ? null : entries.getLast();
    }

    /**
     * Merges two records: one that was restored with its directory lacks the epochs opened since. Only the last epoch stays open; an
     * epoch in both records gets the earlier end.
     */
    public Epochs with(Epochs other) {
        if (other.equals(this)) {
            return this;
        }
        Map<Long, Entry> merged = new TreeMap<>();
        for (Epochs some : List.of(this, other)) {
            for (Entry entry : some.entries) {
                merged.merge(entry.id(), entry, (a, b) -> a.end() <= b.end() ? a : b);
            }
        }
        return new Epochs(endEachAtNext(List.copyOf(merged.values())));
    }

    /** An epoch has no sequences beyond the start of a later one. */
    private static List<Entry> endEachAtNext(List<Entry> entries) {
        List<Entry> ended = new ArrayList<>();
        long bound = OPEN;
        for (Entry entry : entries.reversed()) {
            Entry cut = entry.cutAt(bound);
            ended.addFirst(cut);
            bound = cut.start();
        }
        return ended;
    }

    /**
     * Opens a new epoch, and ends all others at the last sequence of the stream (0 for a new stream): their later sequences were lost.
     */
    public Epochs open(long nowMillis, long lastSequence, String server, String created) {
        List<Entry> next = new ArrayList<>();
        long id = nowMillis;
        for (Entry entry : entries) {
            next.add(entry.cutAt(lastSequence));
            id = Math.max(id, entry.id() + 1);
        }
        next.add(new Entry(id, lastSequence, OPEN, server, created));
        return new Epochs(next.subList(Math.max(0, next.size() - MAX_REMEMBERED), next.size()));
    }

    /** Ends the open epoch before its first event: it cannot be known which of them were lost. */
    Epochs endAtStart() {
        return new Epochs(entries.stream()
                .map(e -> e.end() == OPEN ? new Entry(e.id(), e.start(), e.start(), e.server(), e.created()) : e)
                .toList());
    }

    /** Null for an unknown epoch. */
    @Nullable
    public Resume resume(Position after, long head) {
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (entry.id() != after.epoch()) {
                continue;
            }
            if (after.sequence() <= Math.min(entry.end(), head)) {
                return new Resume(Math.max(after.sequence(), entry.start()), false);
            }
            return new Resume(i + 1 < entries.size() ? entries.get(i + 1).start() : head, true);
        }
        return null;
    }

    /** Whether the log still has the same event at a position. */
    public boolean holds(Position at, long head) {
        Resume resume = resume(at, head);
        return resume != null && !resume.lost() && resume.after() == at.sequence();
    }

    /** The epoch of a sequence of the current stream; 0: none. */
    public long of(long sequence) {
        for (Entry entry : entries.reversed()) {
            if (sequence > entry.start() && sequence <= entry.end()) {
                return entry.id();
            }
        }
        return 0;
    }

    /** The epochs that can have messages after a sequence, the latest first. */
    public List<Long> withMessagesAfter(long sequence) {
        return entries.reversed().stream()
                .filter(e -> e.end() > sequence && e.end() > e.start())
                .map(Entry::id)
                .toList();
    }

    public List<Epoch> list() {
        return entries.stream().map(e -> new Epoch(e.id(), e.start(), e.end())).toList();
    }

    public byte[] encode() {
        StringBuilder out = new StringBuilder();
        entries.forEach(e -> out.append(e.line()).append('\n'));
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** @throws UnreadableException for bytes that {@link #encode} cannot have written */
    public static Epochs decode(byte[] bytes) {
        return UnreadableException.reading(
                "a record of epochs",
                () -> new Epochs(new String(bytes, StandardCharsets.UTF_8)
                        .lines()
                        .map(Entry::of)
                        .toList()));
    }
}
