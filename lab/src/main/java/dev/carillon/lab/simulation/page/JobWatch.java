package dev.carillon.lab.simulation.page;

import dev.carillon.app.JobRun;
import dev.carillon.lab.simulation.host.EndOfRun;
import dev.carillon.lab.simulation.host.Host;
import dev.carillon.lab.simulation.host.Schedule;
import dev.carillon.lab.simulation.host.Story;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The job of the simulated application, and whether one node at a time does it. */
final class JobWatch {
    static final String NAME = "count";
    static final Duration PERIOD = Duration.ofSeconds(1);

    /** Longer than a lease, so that a holder may lose it in the middle of a run. */
    private static final int STEPS = 45;

    private static final Duration STEP = Duration.ofMillis(200);

    private record Active(JobRun run, Host host) {}

    private final Schedule schedule;
    private final Story story;
    private final List<Active> active = new ArrayList<>();
    private final List<String> findings = new ArrayList<>();
    private long highestFence;
    private long lastNanos;
    private boolean over;
    private int works;

    JobWatch(Schedule schedule, Story story) {
        this.schedule = schedule;
        this.story = story;
    }

    /** A run of the job on a node. */
    void run(JobRun run, Host host) {
        Active mine = new Active(run, host);
        active.add(mine);
        try {
            for (int i = 0; i < STEPS && !over && run.isHeld(); i++) {
                work(run, host);
                host.platform().threads().pause(STEP);
            }
        } catch (EndOfRun e) {
            story.tell(host.name(), "works no more");
        } finally {
            active.remove(mine);
        }
    }

    /** At this moment the node says that it holds the lease. */
    private void work(JobRun run, Host host) {
        works++;
        lastNanos = schedule.nanos();
        story.tell(host.name(), "works with fence " + run.fence());
        if (run.fence() < highestFence) {
            findings.add(host.name() + " works with fence " + run.fence() + " after " + highestFence);
        }
        highestFence = Math.max(highestFence, run.fence());
        active.stream()
                .filter(other -> !other.host().equals(host)
                        && other.host().alive()
                        && other.run().isHeld())
                .forEach(other -> findings.add(
                        host.name() + " and " + other.host().name() + " hold the lease of the job at the same time"));
    }

    /** Whether the job has run since a moment. */
    boolean ranSince(long nanos) {
        return lastNanos > nanos;
    }

    /** Nothing is done any more. */
    void end() {
        over = true;
    }

    int works() {
        return works;
    }

    List<String> findings() {
        return findings.stream().distinct().toList();
    }
}
