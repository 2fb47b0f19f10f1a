package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Saves contexts of a node when no action does: while they live on, at a drain, and at their end. Thread-safe; blocks. */
final class NodeSaves {
    private static final Logger LOGGER = LoggerFactory.getLogger(NodeSaves.class);
    /** How long the end of a node waits. */
    private static final Duration END = Duration.ofSeconds(2);
    /** Journals that are written at a time beside those of actions. */
    private static final int BATCH = 200;
    /** Contexts that are left at a time: fewer than the journals that may be written at a time. */
    private static final int LEAVING = 1_000;

    private final PageContexts contexts;
    private final Collection<PageContext> all;
    private final Executor threads;

    /** @param all a view of the contexts */
    NodeSaves(PageContexts contexts, Collection<PageContext> all, Executor threads) {
        this.contexts = contexts;
        this.all = all;
        this.threads = threads;
    }

    /** Lets the journals live on. */
    void renew() {
        inBatches(context -> context.saves().renew());
    }

    /** Saves what no action has saved, as at the beginning of a drain. */
    void saveAll() {
        inBatches(context -> context.saves().saveIdle());
    }

    /** Waits for each batch, so that writes are spread and their number is bounded. */
    private void inBatches(Function<PageContext, CompletableFuture<Void>> write) {
        List<CompletableFuture<Void>> batch = new ArrayList<>();
        for (PageContext context : all) {
            batch.add(write.apply(context));
            if (batch.size() == BATCH) {
                awaitAll(batch);
                batch.clear();
            }
        }
        awaitAll(batch);
    }

    private static void awaitAll(List<CompletableFuture<Void>> batch) {
        var _ = CompletableFuture.allOf(batch.toArray(CompletableFuture[]::new))
                .exceptionally(e -> null)
                .join();
    }

    /** The node has ended a context, whose client may still come back: its state is saved, unless it is on another node already. */
    void end(PageContext context) {
        var _ = context.saves().saveLast().exceptionally(e -> null).join();
        if (context.saves().hasMoved()) {
            contexts.drop(context);
        } else {
            contexts.end(context.id(), () -> {});
        }
    }

    /** Leaves all contexts to other nodes, and ends those that live in memory only; waits for {@link #END}. */
    void leaveAll() {
        List<PageContext> open = List.copyOf(all);
        CountDownLatch left = new CountDownLatch(open.size());
        Semaphore leaving = new Semaphore(LEAVING);
        open.forEach(context -> threads.execute(() -> {
            leaving.acquireUninterruptibly();
            try {
                leave(context, left::countDown);
            } finally {
                leaving.release();
            }
        }));
        try {
            boolean _ = left.await(END.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void leave(PageContext context, Runnable done) {
        if (!context.saves().isSaved()) {
            contexts.end(context.id(), done);
            return;
        }
        try {
            context.saves().handOver(END);
        } catch (CarillonException e) {
            LOGGER.atWarn().addKeyValue("context", context.id()).log("a page is not saved: {}", e.getMessage());
        } finally {
            try {
                contexts.drop(context);
            } finally {
                done.run();
            }
        }
    }
}
