package dev.carillon.page.signal;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import dev.carillon.page.signal.StoredSignal.Outcome;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts one write of a shared signal into the store. If the answer is lost with the connection, it looks whether the write took effect, and otherwise
 * tries again, for at most {@link #LIMIT}: the code of an action has effects by then and cannot run a second time.
 */
final class SharedPut {
    /** Less than the longest time limit of an action, so that its error names the broker. */
    static final Duration LIMIT = Duration.ofSeconds(3);

    private static final Duration PAUSE = Duration.ofMillis(50);

    private final Store store;
    private final Platform platform;
    private final Executor threads;
    private final BooleanSupplier closed;
    private final Target target;

    private final long began;
    /** Set when an answer was lost: an earlier attempt may have taken effect. */
    private volatile @Nullable Throwable lost;

    /**
     * @param expected revision of the value before
     * @param value what is written
     * @param mark of the write
     */
    record Target(Store.Key key, long expected, StoredSignal value, Mark mark, Duration ttl) {}

    record Mark(String writer, long number) {}

    /** How a write ended. */
    sealed interface End {
        /** It is the last one. */
        record Written(long revision) implements End {}

        /** It took effect, and others have written since. */
        record Overtaken(Store.Entry now) implements End {}

        /** It did not take effect, because another was faster; null: the store has no value. */
        record Refused(Store.@Nullable Entry now) implements End {}

        /** It failed, or its outcome is not known. */
        record Failed(Throwable reason) implements End {}
    }

    SharedPut(Store store, Platform platform, Executor threads, BooleanSupplier closed, Target target) {
        this.store = store;
        this.platform = platform;
        this.threads = threads;
        this.closed = closed;
        this.target = target;
        this.began = platform.nanoTime().getAsLong();
    }

    CompletionStage<End> run() {
        return stage(() -> store.put(target.key(), Text.utf8(target.value().stored()), target.expected(), target.ttl()))
                .thenApply(this::put)
                .exceptionally(e -> failed(unwrapped(e), true))
                .thenCompose(next -> next);
    }

    private CompletionStage<End> put(Optional<Long> revision) {
        return revision.isPresent() ? ended(new End.Written(revision.get())) : look();
    }

    /** @param more whether it is of use to look */
    private CompletionStage<End> failed(Throwable reason, boolean more) {
        return more && mayHaveTakenEffect(reason) ? later(reason) : ended(new End.Failed(reason));
    }

    private static boolean mayHaveTakenEffect(Throwable reason) {
        return reason instanceof CarillonException known && known.code() == ErrorCode.BROKER_UNAVAILABLE;
    }

    /** Looks after a pause, on a thread of its own, unless the time has passed. */
    private CompletionStage<End> later(Throwable reason) {
        lost = reason;
        long passed = platform.nanoTime().getAsLong() - began;
        if (closed.getAsBoolean() || passed >= LIMIT.toNanos()) {
            return ended(new End.Failed(reason));
        }
        CompletableFuture<End> end = new CompletableFuture<>();
        threads.execute(() -> {
            platform.threads().pause(PAUSE);
            CompletionStage<?> _ = look().whenComplete((known, e) -> {
                boolean _ = e == null ? end.complete(known) : end.completeExceptionally(e);
            });
        });
        return end;
    }

    private CompletionStage<End> look() {
        return stage(() -> store.get(target.key()))
                .thenApply(this::seen)
                .exceptionally(e -> failed(unwrapped(e), lost != null))
                .thenCompose(next -> next);
    }

    private CompletionStage<End> seen(Optional<Store.Entry> found) {
        Throwable before = lost;
        long revision = found.map(Store.Entry::revision).orElse(Store.ABSENT);
        if (before != null && revision == target.expected()) {
            // Unless the lost attempt is still on its way, and then one of the two is refused.
            return run();
        }
        if (found.isEmpty()) {
            return ended(new End.Refused(null));
        }
        Store.Entry now = found.get();
        Outcome outcome = SharedState.stored(now)
                .outcome(target.mark().writer(), target.mark().number());
        return ended(
                switch (outcome) {
                    case LAST -> new End.Written(revision);
                    case OVERTAKEN -> new End.Overtaken(now);
                    case NOT_WRITTEN -> new End.Refused(now);
                    case UNKNOWN -> before == null ? new End.Refused(now) : new End.Failed(before);
                });
    }

    private static CompletionStage<End> ended(End end) {
        return CompletableFuture.completedFuture(end);
    }

    private static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : null;
        return cause == null ? failure : cause;
    }

    /** A failure of the call is one of its stage, so that a write in flight always ends. */
    private static <T> CompletionStage<T> stage(Supplier<CompletionStage<T>> call) {
        try {
            return call.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
