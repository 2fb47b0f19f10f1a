package dev.carillon.page.signal;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One write of a shared signal: the changes that have gathered, each applied to the result of the one before. */
final class SharedWrite {
    /** Result of a write that changed nothing: another node was faster. Its changes are computed again. */
    static final long REFUSED = 0;

    /** Result of a write that took effect before others that are known already. No later write begins upon it. */
    static final long OVERTAKEN = -2;

    /** The write that must succeed first; null: none, or it has. Otherwise writes under steady load would keep all before them in memory. */
    @Nullable
    SharedWrite previous;

    /** The version to which the changes were applied, if there is no previous write. */
    final SharedValue.Version base;
    /** The new revision, {@link #REFUSED} or {@link #OVERTAKEN}. */
    final CompletableFuture<Long> done = new CompletableFuture<>();

    /** The value after all changes so far. Guarded by the lock of the value. */
    @Nullable
    String text;

    SharedWrite(@Nullable SharedWrite previous, SharedValue.Version base) {
        this.previous = previous;
        this.base = base;
        this.text = previous == null ? base.text() : previous.text;
    }
}
