package dev.carillon.authorizer;

import dev.carillon.auth.Grants;

/**
 * The last invalidations of this node, numbered. An answer remembers the number of the last one before its question, so that it can be compared with those
 * that came later. The last {@value #MAX} are kept; an answer from before them counts as invalid. Thread-safe.
 */
final class Invalidations {
    static final int MAX = 1_000;

    /** Replaced as a whole, so that readers need no lock. */
    private volatile Snapshot last = new Snapshot(0, new Invalidation[0]);

    /** @param newest from the oldest to the newest; never changed */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Snapshot(long number, Invalidation[] newest) {}

    /** Number of the last invalidation; 0: there was none. */
    long number() {
        return last.number();
    }

    synchronized void add(Invalidation added) {
        Snapshot before = last;
        int kept = Math.min(before.newest().length, MAX - 1);
        Invalidation[] newest = new Invalidation[kept + 1];
        System.arraycopy(before.newest(), before.newest().length - kept, newest, 0, kept);
        newest[kept] = added;
        last = new Snapshot(before.number() + 1, newest);
    }

    /** Number of the last invalidation after {@code since} that covers the grants; 0: none does. */
    long covering(long since, Grants grants, String digest) {
        Snapshot now = last;
        long oldest = now.number() - now.newest().length;
        for (long number = now.number(); number > Math.max(since, oldest); number--) {
            if (now.newest()[(int) (number - oldest - 1)].covers(grants, digest)) {
                return number;
            }
        }
        return since < oldest ? oldest : 0;
    }
}
