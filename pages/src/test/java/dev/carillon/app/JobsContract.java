package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Text;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.Store;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Jobs that run at one node of three at a time. */
abstract class JobsContract {
    private static final Store.Key LEASE = new Store.Key(Tenant.DEFAULT, "lease", "pages/shop/tick");

    private final List<Ran> runs = new CopyOnWriteArrayList<>();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final Semaphore hold = new Semaphore(1_000);
    private TestCluster cluster;

    protected abstract String broker();

    private record Ran(String node, long fence) {}

    @BeforeEach
    void start() {
        try (Broker broker = Brokers.open(broker(), PatientOptions.of("before"))) {
            // As the nodes of an earlier life have left it: it can be had at once.
            assertThat(broker.store()
                            .put(LEASE, Text.utf8("fence=5 free"), Store.ANY, Duration.ZERO)
                            .toCompletableFuture()
                            .join())
                    .isPresent();
            cluster = new TestCluster(
                    broker(),
                    3,
                    Map.of("drain-notice", "0s", "drain-timeout", "1s"),
                    Carillon.app(AppOptions.defaults().basePath("/shop"))
                            .job("tick", Duration.ofMillis(100), this::tick));
        }
    }

    private void tick(JobRun run) throws InterruptedException {
        most.accumulateAndGet(running.incrementAndGet(), Math::max);
        runs.add(new Ran(run.node().nodeId(), run.fence()));
        try {
            hold.acquire();
            hold.release();
        } finally {
            running.decrementAndGet();
        }
    }

    @AfterEach
    void close() {
        hold.release();
        cluster.close();
    }

    private Node holder() {
        String id = runs.getLast().node();
        return cluster.nodes().stream()
                .filter(node -> node.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static void drain(Node node) {
        Thread _ = Thread.startVirtualThread(() -> {
            try {
                node.drain();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void job_runs_at_one_node_and_moves_with_a_larger_fence_when_that_node_drains_or_stops() throws Exception {
        await().until(() -> runs.size() >= 5);
        Ran first = runs.getFirst();
        assertThat(runs).containsOnly(first);
        assertThat(first.fence()).isGreaterThan(5);

        drain(holder());
        await().until(() -> !runs.getLast().node().equals(first.node()));
        Ran second = runs.getLast();
        assertThat(second.fence()).isGreaterThan(first.fence());

        holder().close();
        await().until(() -> runs.getLast().fence() > second.fence());
        assertThat(runs.getLast().node()).isNotIn(first.node(), second.node());
        assertThat(most).hasValue(1);
        assertThat(TestCluster.metric(holder(), "carillon_leases_held")).isEqualTo(1);
    }

    /** The same whatever the broker. */
    void awaitRunAtDrain() {
        await().until(() -> runs.size() >= 2);
        String first = runs.getLast().node();
        int permits = hold.drainPermits();
        await().until(() -> hold.hasQueuedThreads());
        // The run does not end by itself; it is interrupted two seconds after the others could have begun one.
        drain(holder());

        await().until(() -> !runs.getLast().node().equals(first));
        assertThat(most).hasValue(1);
        hold.release(permits);
    }
}
