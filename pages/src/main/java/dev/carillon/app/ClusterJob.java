package dev.carillon.app;

import dev.carillon.app.JobMetrics.Result;
import dev.carillon.base.Platform;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.NodeLease;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job on one node. It has a thread, which waits until the node holds the lease of the job and a run is due, and then for the end of that run, which has a thread
 * of its own. A run that ignores its interruption keeps the lease and delays the next one, so there are never two. Thread-safe.
 */
final class ClusterJob implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClusterJob.class);
    /** Maximum time without a look at the clock. */
    private static final Duration LOOK = Duration.ofSeconds(1);
    /** How long the end of the node waits for a run. */
    private static final Duration CLOSE = Duration.ofSeconds(2);

    private static final Duration INTERRUPTED = Duration.ofSeconds(1);

    private final Declared job;
    private final ExtensionContext node;
    private final Platform platform;
    private final JobMetrics metrics;
    private final Thread thread;
    private final NodeLease lease;
    private volatile boolean closed;
    private volatile @Nullable Thread running;

    /** A job of an application. */
    record Declared(String name, JobRule rule, JobCode code) {}

    /** @param app base path of the application */
    ClusterJob(ExtensionContext node, String app, Declared job) {
        this.job = job;
        this.node = node;
        this.platform = node.platform();
        this.metrics = new JobMetrics(node.metrics(), app.isEmpty() ? "/" : app, job.name(), platform.nanoTime());
        this.thread = platform.threads().blocking("carillon-job-" + job.name(), this::loop);
        this.lease = node.lease("pages" + app + "/" + job.name(), () -> LockSupport.unpark(thread));
        thread.start();
    }

    private record Run(String name, NodeLease.Use use, ExtensionContext node) implements JobRun {
        @Override
        public long fence() {
            return use.fence();
        }

        @Override
        public boolean isHeld() {
            return use.isHeld();
        }
    }

    private void loop() {
        while (!closed) {
            Duration wait = untilDue();
            NodeLease.Use use = wait.isPositive() ? null : lease.begin().orElse(null);
            if (use == null) {
                platform.threads().pause(wait.isPositive() && wait.compareTo(LOOK) < 0 ? wait : LOOK);
            } else {
                runLogged(use);
            }
        }
    }

    private void runLogged(NodeLease.Use use) {
        try {
            metrics.ran(run(use));
        } catch (RuntimeException | Error e) {
            // Such as no memory for a thread: the job goes on, here or at another node.
            use.close();
            metrics.ran(Result.FAILED);
            LOGGER.atError().addKeyValue("job", job.name()).setCause(e).log("a run of a job could not begin");
            platform.threads().pause(LOOK);
        }
    }

    /** Not positive: now. */
    private Duration untilDue() {
        return lease.sinceMark().map(job.rule().period()::minus).orElse(Duration.ZERO);
    }

    private Result run(NodeLease.Use use) {
        // Before the code begins: a run that ends its node must not go around the cluster.
        if (!use.mark().toCompletableFuture().join() || !use.isHeld()) {
            use.close();
            platform.threads().pause(LOOK);
            return Result.LOST;
        }
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        CompletableFuture<Boolean> _ = done.whenComplete((x, e) -> use.close());
        Thread code = platform.threads().blocking("carillon-job-run-" + job.name(), () -> {
            try {
                job.code().run(new Run(job.name(), use, node));
                done.complete(true);
            } catch (Throwable e) {
                // An Error too: the job goes on.
                done.completeExceptionally(e);
            }
        });
        running = code;
        metrics.begins();
        code.start();
        try {
            return await(use, code, done);
        } finally {
            running = null;
        }
    }

    private Result await(NodeLease.Use use, Thread code, CompletableFuture<Boolean> done) {
        long end = now() + job.rule().timeLimit().toNanos();
        Result result = Result.OK;
        while (true) {
            if (result == Result.OK && (!use.isHeld() || now() - end >= 0)) {
                result = use.isHeld() ? Result.TIMEOUT : Result.LOST;
                LOGGER.atWarn()
                        .addKeyValue("job", job.name())
                        .log(
                                result == Result.LOST
                                        ? "the run of a job is interrupted: this node does not have the job any more"
                                        : "the run of a job is interrupted: it exceeded its time limit");
                code.interrupt();
            }
            try {
                boolean _ = platform.threads().await(done, Duration.ofNanos(wait(use, end, result)));
                return result;
            } catch (TimeoutException e) {
                if (closed && result != Result.OK) {
                    return result;
                }
            } catch (ExecutionException e) {
                return result == Result.OK ? failed(e.getCause()) : result;
            } catch (InterruptedException e) {
                // Only close interrupts.
                code.interrupt();
                return Result.LOST;
            }
        }
    }

    private long wait(NodeLease.Use use, long end, Result result) {
        return result == Result.OK
                ? Math.max(
                        1,
                        Math.min(
                                LOOK.toNanos(),
                                Math.min(end - now(), use.remaining().toNanos())))
                : LOOK.toNanos();
    }

    private Result failed(@Nullable Throwable e) {
        if (closed) {
            LOGGER.atDebug()
                    .addKeyValue("job", job.name())
                    .log("the run of a job ended with its node: {}", String.valueOf(e));
            return Result.LOST;
        }
        LOGGER.atError().addKeyValue("job", job.name()).setCause(e).log("the run of a job failed");
        return Result.FAILED;
    }

    private long now() {
        return platform.nanoTime().getAsLong();
    }

    /** Begins no more runs. */
    void stop() {
        closed = true;
        LockSupport.unpark(thread);
    }

    /**
     * As {@link #stop}; waits at most two seconds for the run in progress, interrupts it, and waits one more. If it goes on, the lease is not freed: it ends by
     * itself when the node does.
     */
    @Override
    public void close() {
        stop();
        try {
            if (!thread.join(CLOSE)) {
                Thread code = running;
                if (code != null) {
                    code.interrupt();
                }
                if (!thread.join(INTERRUPTED)) {
                    thread.interrupt();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        lease.close();
    }
}
