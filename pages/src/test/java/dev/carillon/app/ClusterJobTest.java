package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.testkit.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A job on one node whose lease the test controls. */
class ClusterJobTest {
    private static final Duration PERIOD = Duration.ofMillis(100);

    private final FakeLease lease = new FakeLease();
    private final List<ClusterJob> jobs = new ArrayList<>();
    private final Semaphore end = new Semaphore(0);

    @AfterEach
    void close() {
        end.release(1_000);
        jobs.forEach(ClusterJob::close);
    }

    private ClusterJob job(Duration limit, JobCode code) {
        ClusterJob job =
                new ClusterJob(lease.node(), "", new ClusterJob.Declared("cleanup", new JobRule(PERIOD, limit), code));
        jobs.add(job);
        return job;
    }

    @Test
    void failed_run_is_counted_and_the_job_goes_on() {
        AtomicInteger runs = new AtomicInteger();
        job(Patience.LIMIT, run -> {
            switch (runs.incrementAndGet()) {
                case 1 -> throw new IllegalStateException("a run fails");
                case 2 -> throw new AssertionError("an error, too");
                default -> {}
            }
        });

        await().until(() -> lease.runs("ok") >= 2);
        assertThat(lease.runs("failed")).isEqualTo(2);
    }

    @Test
    void run_whose_begin_cannot_be_saved_does_not_begin() {
        AtomicInteger runs = new AtomicInteger();
        lease.saves = false;
        job(Patience.LIMIT, run -> runs.incrementAndGet());
        await().until(() -> lease.runs("lost") >= 1);
        assertThat(runs).hasValue(0);

        lease.saves = true;
        await().until(() -> runs.get() > 0);
    }

    @Test
    void run_that_takes_longer_than_the_period_is_followed_by_the_next_and_never_overlaps() {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Long> begins = new CopyOnWriteArrayList<>();
        job(Patience.LIMIT, run -> {
            begins.add(System.nanoTime());
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            boolean _ = end.tryAcquire(2 * PERIOD.toMillis(), TimeUnit.MILLISECONDS);
            running.decrementAndGet();
        });

        await().until(() -> begins.size() >= 3);
        assertThat(most).hasValue(1);
        assertThat(lease.marks.get()).as("one mark, at the begin").isLessThanOrEqualTo(begins.size() + 1);
        assertThat(begins.get(1) - begins.get(0)).isGreaterThanOrEqualTo(2 * PERIOD.toNanos());
    }

    @Test
    void run_that_exceeds_its_time_limit_is_interrupted_and_counted() {
        AtomicInteger interrupted = new AtomicInteger();
        job(PERIOD, run -> {
            try {
                end.acquire();
            } catch (InterruptedException e) {
                interrupted.incrementAndGet();
                throw e;
            }
        });

        await().until(() -> lease.runs("timeout") >= 2);
        assertThat(interrupted.get()).isGreaterThanOrEqualTo(2);
        assertThat(lease.runs("failed")).isZero();
    }

    @Test
    void run_is_interrupted_when_the_node_loses_the_job() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        List<Boolean> held = new CopyOnWriteArrayList<>();
        job(Patience.LIMIT, run -> {
            held.add(run.isHeld());
            begun.countDown();
            try {
                end.acquire();
            } finally {
                held.add(run.isHeld());
            }
        });
        begun.await();

        lease.held = false;

        await().until(() -> lease.runs("lost") == 1);
        assertThat(held).containsExactly(true, false);
        assertThat(lease.uses).hasValue(0);
    }

    @Test
    void run_that_ignores_its_interruption_keeps_the_lease_and_delays_the_next() throws InterruptedException {
        AtomicInteger runs = new AtomicInteger();
        CountDownLatch interrupted = new CountDownLatch(1);
        ClusterJob job = job(PERIOD, run -> {
            runs.incrementAndGet();
            while (!end.tryAcquire()) {
                if (Thread.interrupted()) {
                    interrupted.countDown();
                }
                Thread.onSpinWait();
            }
        });
        interrupted.await();
        assertThat(lease.metrics.get("carillon.pages.job.run.seconds").gauge().value())
                .isGreaterThanOrEqualTo(PERIOD.toMillis() / 1e3);
        AtomicInteger others = new AtomicInteger();
        jobs.add(new ClusterJob(
                new FakeLease().node(),
                "",
                new ClusterJob.Declared("other", JobRule.every(PERIOD), run -> others.incrementAndGet())));
        await().until(() -> others.get() >= 20);

        job.close();

        assertThat(runs).hasValue(1);
        assertThat(lease.uses).as("the lease must not be freed").hasValue(1);
        end.release();
        await().until(() -> lease.uses.get() == 0);
    }

    @Test
    void job_does_not_run_without_the_lease_and_not_after_its_end() {
        lease.held = false;
        AtomicInteger runs = new AtomicInteger();
        ClusterJob job = job(Patience.LIMIT, run -> runs.incrementAndGet());
        lease.held = true;
        await().until(() -> runs.get() >= 1);

        job.close();

        assertThat(lease.closed).isTrue();
        assertThat(lease.uses).hasValue(0);
    }

    @Test
    void names_periods_and_numbers_are_checked() {
        App app = Carillon.app(AppOptions.defaults());
        JobCode nothing = run -> {};
        assertThatThrownBy(() -> app.job("Clean up", PERIOD, nothing))
                .hasMessage("job Clean up: must have 1 to 64 lower-case letters, digits and hyphens, first a letter");
        assertThatThrownBy(() -> app.job("cleanup", Duration.ofMillis(99), nothing))
                .hasMessage("period PT0.099S: must be from 100 ms to 30 days");
        assertThatThrownBy(() -> JobRule.every(PERIOD).timeLimit(Duration.ofDays(2)))
                .hasMessage("timeLimit PT48H: must be from 100 ms to 1 day");
        app.job("cleanup", PERIOD, nothing);
        assertThatThrownBy(() -> app.job("cleanup", PERIOD, nothing)).hasMessage("job cleanup: there is one already");
        for (int i = 1; i < AppJobs.MAX; i++) {
            app.job("job-" + i, PERIOD, nothing);
        }
        assertThatThrownBy(() -> app.job("one-more", PERIOD, nothing)).hasMessageContaining("at most 64 jobs");
    }
}
