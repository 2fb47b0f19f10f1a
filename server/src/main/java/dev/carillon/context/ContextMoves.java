package dev.carillon.context;

import dev.carillon.base.TimeLimit;
import dev.carillon.scope.Tenant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings contexts of other nodes to this node when their clients come here. The owner ends its own first, if it answers; the revision of the record
 * decides when several nodes want a context. At most {@value #MAX_MOVES} moves are in progress; a client beyond that gets a new context, as after
 * every failure. Thread-safe; never blocks.
 */
public final class ContextMoves {
    private static final Logger LOGGER = LoggerFactory.getLogger(ContextMoves.class);
    private static final int MAX_MOVES = 1_000;
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{22}");
    private static final CompletionStage<Boolean> STAYS = CompletableFuture.completedStage(false);

    private final Contexts contexts;
    private final ContextRecords records;
    private final Owners owners;
    private final TimeLimit limit;
    private final Runnable moved;
    private final Semaphore moves = new Semaphore(MAX_MOVES);

    /** The other nodes. */
    @FunctionalInterface
    public interface Owners {
        /**
         * Asks a node to end a context whose client has come here.
         *
         * @param client as {@link Contexts#release} takes it
         * @return false: it keeps the context; true also if this life of the node has ended. Fails if the node does not answer
         */
        CompletionStage<Boolean> release(String node, long generation, Tenant tenant, String context, String client);
    }

    /**
     * Moves to a node.
     *
     * @param limit of the time that the client waits for its context
     * @param moved called for each context that has moved
     */
    public ContextMoves(Contexts contexts, ContextRecords records, Owners owners, TimeLimit limit, Runnable moved) {
        this.contexts = contexts;
        this.records = records;
        this.owners = owners;
        this.limit = limit;
        this.moved = moved;
    }

    /** Whether a client asks for a context that may be one of another node. */
    public boolean mayBring(@Nullable String requested) {
        return requested != null && ID.matcher(requested).matches() && !contexts.has(requested);
    }

    /**
     * Brings the context that a client asks for to this node, if it is its own and has no connection; {@link Contexts#open} then resumes it. Never
     * fails.
     *
     * @return whether it is here now
     */
    public CompletionStage<Boolean> bring(ContextOwner owner, @Nullable String requested) {
        if (requested == null || !mayBring(requested) || !moves.tryAcquire()) {
            return STAYS;
        }
        CompletableFuture<Boolean> brought;
        try {
            brought = records.find(owner.tenant(), requested)
                    .thenCompose(known -> known.isPresent()
                                    && owner.digest().equals(known.get().client())
                            ? bring(owner, requested, known.get())
                            : STAYS)
                    .toCompletableFuture();
        } catch (RuntimeException e) {
            brought = CompletableFuture.failedFuture(e);
        }
        CompletableFuture<Boolean> _ = brought.whenComplete((x, e) -> moves.release());
        return limit.on(brought.copy()).exceptionally(e -> {
            LOGGER.atDebug().log("a context stays at its node: {}", e.getMessage());
            return false;
        });
    }

    private CompletionStage<Boolean> bring(ContextOwner owner, String context, ContextRecord known) {
        // Its own record: the context has ended here a moment ago.
        return records.isOwn(known)
                ? STAYS
                : released(owner, context, known)
                        .thenCompose(may -> may
                                ? records.take(owner, context, known).thenApply(revision -> {
                                    revision.ifPresent(written -> {
                                        contexts.adopt(owner, context, written);
                                        moved.run();
                                    });
                                    return revision.isPresent();
                                })
                                : STAYS);
    }

    private CompletionStage<Boolean> released(ContextOwner owner, String context, ContextRecord known) {
        return owners.release(known.node(), known.generation(), owner.tenant(), context, owner.digest())
                .exceptionally(e -> {
                    // It cannot be reached, and the client is here: the node with the newer record owns the context.
                    LOGGER.atDebug()
                            .addKeyValue("node", known.node())
                            .log("the owner of a context does not answer: {}", e.getMessage());
                    return true;
                });
    }
}
