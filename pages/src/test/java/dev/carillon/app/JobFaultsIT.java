package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.app.JobNode.Run;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A job of one second on three processes, whose holder is killed ten times and paused twice. */
@Tag("full")
@Tag("process")
class JobFaultsIT {
    private static final int NODES = 3;
    private static final int KILLS = 10;
    private static final int PAUSES = 2;
    /** Runs of others while the holder is paused. */
    private static final int RUNS_MEANWHILE = 10;

    private final List<JobNode> nodes = new ArrayList<>();
    private final List<Run> runs = new CopyOnWriteArrayList<>();
    private final AtomicInteger numbers = new AtomicInteger();

    @AfterEach
    void close() {
        nodes.forEach(JobNode::close);
    }

    @Test
    @Tag("redis")
    void runs_never_overlap_on_redis() throws IOException {
        try (TestServer server = Servers.redis()) {
            run("redis", server.address());
        }
    }

    @Test
    @Tag("nats")
    void runs_never_overlap_on_nats() throws IOException {
        try (TestServer server = Servers.nats()) {
            run("nats", server.address());
        }
    }

    private void run(String name, String broker) throws IOException {
        for (int i = 0; i < NODES; i++) {
            start(broker);
        }
        for (int i = 0; i < KILLS; i++) {
            JobNode holder = holder();
            holder.kill();
            nodes.remove(holder);
            start(broker);
        }
        for (int i = 0; i < PAUSES; i++) {
            JobNode holder = holder();
            holder.signal("STOP");
            int before = runs.size();
            await().atMost(Patience.LIMIT).until(() -> runs.size() >= before + RUNS_MEANWHILE);
            int own = holder.runs.size();
            long fence = runs.getLast().fence();
            holder.signal("CONT");
            JobNode next = holder();
            assertThat(next).isNotSameAs(holder);
            assertThat(holder.runs.stream().skip(own)).allMatch(run -> run.fence() > fence);
        }
        check(name);
    }

    private void start(String broker) throws IOException {
        nodes.add(new JobNode("n" + numbers.incrementAndGet(), broker, runs));
    }

    /** The node that has the job, after two of its runs, between two runs. */
    private JobNode holder() {
        int before = runs.size();
        await().atMost(Patience.LIMIT).until(() -> runs.size() >= before + 2);
        Run last = runs.getLast();
        return nodes.stream()
                .filter(node -> node.runs.contains(last))
                .findFirst()
                .orElseThrow();
    }

    private void check(String name) {
        List<Run> inOrder =
                runs.stream().sorted(Comparator.comparingLong(Run::beginNanos)).toList();
        int overlaps = 0;
        int moves = 0;
        List<Long> pauses = new ArrayList<>();
        for (int i = 1; i < inOrder.size(); i++) {
            Run before = inOrder.get(i - 1);
            Run run = inOrder.get(i);
            overlaps += run.beginNanos() < before.endNanos() ? 1 : 0;
            moves += run.fence() == before.fence() ? 0 : 1;
            pauses.add(Duration.ofNanos(run.beginNanos() - before.beginNanos()).toMillis());
            assertThat(run.fence()).as("fences grow").isGreaterThanOrEqualTo(before.fence());
        }
        System.out.println("jobs on " + name + ": " + inOrder.size() + " runs, " + moves + " moves, " + overlaps
                + " overlaps, longest pauses in ms "
                + pauses.stream().sorted(Comparator.reverseOrder()).limit(moves).toList());
        assertThat(overlaps).isZero();
        assertThat(moves).isGreaterThanOrEqualTo(KILLS + PAUSES);
    }
}
