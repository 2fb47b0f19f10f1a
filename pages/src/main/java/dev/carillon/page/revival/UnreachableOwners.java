package dev.carillon.page.revival;

import dev.carillon.page.journal.JournalEntry;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Nodes that have not answered a call a moment ago: many clients of a failed node come back at once, and not each of them waits for it. At most {@value #MAX}; the
 * one that was added first is forgotten then. Thread-safe.
 */
final class UnreachableOwners {
    static final Duration LENGTH = Duration.ofSeconds(5);
    private static final int MAX = 64;

    private final LongSupplier nanoTime;
    // Guarded by this.
    private final Map<Start, Long> since = new LinkedHashMap<>();

    private record Start(String node, long generation) {}

    UnreachableOwners(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    synchronized void add(JournalEntry.Owner owner) {
        Start start = new Start(owner.node(), owner.generation());
        since.remove(start);
        since.put(start, nanoTime.getAsLong());
        if (since.size() > MAX) {
            since.remove(since.keySet().iterator().next());
        }
    }

    synchronized boolean contains(JournalEntry.Owner owner) {
        Long at = since.get(new Start(owner.node(), owner.generation()));
        return at != null && nanoTime.getAsLong() - at < LENGTH.toNanos();
    }
}
