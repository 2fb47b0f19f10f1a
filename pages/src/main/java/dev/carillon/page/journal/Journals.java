package dev.carillon.page.journal;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * The journals of an application, in the store, by the ids of contexts. At most {@value #MAX_OUTSTANDING} operations of a node are in flight; a further one
 * fails with {@code overloaded}. Half of them are kept for writes that callers wait for; others are tried again within a minute. Thread-safe; never blocks.
 */
public final class Journals {
    /** How long a journal outlives the last write: a tab that returns later is loaded again. */
    public static final Duration TTL = Duration.ofMinutes(10);
    /** A journal that was written longer ago is written again. */
    static final Duration REWRITE = Duration.ofMinutes(4);

    private static final String KIND = "page-journal";
    private static final int MAX_OUTSTANDING = 2_000;

    private final Store store;
    private final JournalMetrics metrics;
    private final Semaphore outstanding = new Semaphore(MAX_OUTSTANDING);

    private final String node;
    private final long generation;
    private final SecureRandom random;

    /** @param generation of the node */
    public Journals(Store store, String node, long generation, SecureRandom random, JournalMetrics metrics) {
        this.store = store;
        this.node = node;
        this.generation = generation;
        this.random = random;
        this.metrics = metrics;
    }

    /** A context that begins on this node. */
    public JournalEntry.Owner newOwner() {
        return new JournalEntry.Owner(node, generation, Long.toHexString(random.nextLong()));
    }

    /** Whether this start of this node is the owner. */
    public boolean isOwn(JournalEntry.Owner owner) {
        return owner.node().equals(node) && owner.generation() == generation;
    }

    /**
     * An entry with its revision.
     *
     * @param bytes of the entry
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Found(JournalEntry entry, byte[] bytes, long revision) {}

    static Store.Key key(Tenant tenant, String context) {
        return new Store.Key(tenant, KIND, context);
    }

    /** Empty: there is none, or its form is unknown. Fails with a {@link CarillonException}. */
    public CompletionStage<Optional<Found>> find(Tenant tenant, String context) {
        return get(key(tenant, context))
                .thenApply(found -> found.flatMap(entry -> {
                    JournalEntry read = JournalText.read(entry.value());
                    return read == null
                            ? Optional.empty()
                            : Optional.of(new Found(read, entry.value(), entry.revision()));
                }));
    }

    CompletionStage<Optional<Store.Entry>> get(Store.Key key) {
        return bounded(() -> store.get(key));
    }

    /** Writes an entry if it has the expected revision, as {@link Store#put}. Fails with a {@link CarillonException}. */
    CompletionStage<Optional<Long>> put(Store.Key key, byte[] entry, long revision) {
        return bounded(() -> store.put(key, entry, revision, TTL)).whenComplete((written, e) -> {
            if (e != null) {
                metrics.failed();
            } else if (written.isPresent()) {
                metrics.written(entry.length);
            }
        });
    }

    /** As {@link #put}: makes a context one of another owner. */
    public CompletionStage<Optional<Long>> takeOver(Tenant tenant, String context, byte[] entry, long revision) {
        return put(key(tenant, context), entry, revision);
    }

    /** Another node has written the journal of a context of this node. */
    void moved() {
        metrics.moved();
    }

    /** Whether what is left must be kept for writes that callers wait for. */
    boolean isBusy() {
        return outstanding.availablePermits() < MAX_OUTSTANDING / 2;
    }

    static CarillonException overloaded() {
        return new CarillonException(
                ErrorCode.OVERLOADED, "too many pages are being saved at the same time; try again");
    }

    private <T> CompletionStage<T> bounded(Supplier<CompletionStage<T>> operation) {
        if (!outstanding.tryAcquire()) {
            return CompletableFuture.failedFuture(overloaded());
        }
        CompletionStage<T> begun;
        try {
            begun = operation.get();
        } catch (RuntimeException e) {
            begun = CompletableFuture.failedFuture(e);
        }
        return begun.handle((result, e) -> {
            outstanding.release();
            if (e != null) {
                throw failure(e);
            }
            return result;
        });
    }

    private static CarillonException failure(Throwable e) {
        Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
        return cause instanceof CarillonException known
                ? known
                : new CarillonException(ErrorCode.BROKER_UNAVAILABLE, "the page could not be saved", cause);
    }
}
