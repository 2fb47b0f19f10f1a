package dev.carillon.lab.rehearse;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/** Runs users against a cluster for a while. For one use. */
public final class Rehearsal {
    private static final double PROGRESS_SECONDS = 1;

    private final RehearsalPlan plan;
    private final Consumer<String> progress;
    private final RehearsalCounts counts = new RehearsalCounts();

    /** Work of a user that can be interrupted. */
    private interface Work {
        void run() throws InterruptedException;
    }

    /** @param progress receives progress lines, on the thread that calls {@link #run} */
    public Rehearsal(RehearsalPlan plan, Consumer<String> progress) {
        this.plan = plan;
        this.progress = progress;
    }

    /** Ends the rehearsal; {@link #run} returns the result until then. May be called on any thread. */
    public void endEarly() {
        counts.end();
    }

    public RehearsalResult run() throws InterruptedException {
        String startedAt = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        long begin = System.nanoTime();
        List<RehearsingUser> users = new ArrayList<>();
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("rehearsal-timer").factory());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        try {
            double nextLine = 0;
            for (double at = 0; at < plan.length().toMillis() / 1e3 && !counts.isEnded(); at = secondsSince(begin)) {
                while (users.size()
                        < Math.min(plan.crowd().users(), 1 + at * plan.crowd().arrivalsPerSecond())) {
                    add(users, timer, threads);
                }
                if (at >= nextLine) {
                    nextLine += PROGRESS_SECONDS;
                    progress.accept(String.format(
                            Locale.ROOT,
                            "%3.0f of %d s: %d users, %d streams open",
                            at,
                            plan.length().toSeconds(),
                            users.size(),
                            counts.open()));
                }
                boolean _ = counts.await(0.02);
            }
            return result(startedAt, secondsSince(begin), users.size());
        } finally {
            counts.end();
            users.forEach(RehearsingUser::close);
            threads.shutdownNow();
            timer.shutdownNow();
        }
    }

    private void add(List<RehearsingUser> users, ScheduledExecutorService timer, ExecutorService threads) {
        boolean first = users.isEmpty();
        RehearsingUser user = new RehearsingUser(users.size(), plan, counts, timer, threads);
        users.add(user);
        start(threads, user::stream);
        if (plan.traffic().requestsPerSecond() > 0 && !plan.pages().isEmpty()) {
            start(threads, user::browse);
        }
        if (first && plan.token().isPresent() && plan.traffic().broadcastsPerSecond() > 0) {
            start(threads, () -> broadcast(user, plan.token().get()));
        }
    }

    private void broadcast(RehearsingUser user, String token) throws InterruptedException {
        while (counts.await(1 / plan.traffic().broadcastsPerSecond())) {
            user.broadcast(token);
        }
    }

    private static void start(ExecutorService threads, Work work) {
        threads.execute(() -> {
            try {
                work.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static double secondsSince(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }

    private RehearsalResult result(String startedAt, double seconds, int users) {
        return new RehearsalResult(
                startedAt, seconds, users, counts.streams(), counts.deliveries(), counts.routes.results());
    }
}
