package dev.carillon.lab.load;

import dev.carillon.lab.LabException;
import dev.carillon.process.LiveHeap;
import dev.carillon.process.ProcessCost;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/** The processes of nodes, together, and what they cost. */
final class WatchedNodes {
    private final FanoutPlan.Watched plan;
    private final Map<Long, ProcessCost> last = new HashMap<>();

    WatchedNodes(FanoutPlan.Watched plan) {
        this.plan = plan;
    }

    boolean isEmpty() {
        return plan.pids().isEmpty();
    }

    /**
     * Of all of them. One that has died counts with its last cost.
     *
     * @throws LabException where one cannot be looked at for the first time
     */
    ProcessCost cost() {
        long cpuMillis = 0;
        long resident = 0;
        long descriptors = 0;
        for (long pid : plan.pids()) {
            ProcessCost cost = cost(pid);
            cpuMillis += cost.cpuMillis();
            resident += cost.residentBytes();
            descriptors += cost.descriptors();
        }
        return new ProcessCost(cpuMillis, resident, descriptors);
    }

    private ProcessCost cost(long pid) {
        try {
            ProcessCost now = ProcessCost.of(pid);
            last.put(pid, now);
            return now;
        } catch (UncheckedIOException e) {
            ProcessCost before = last.get(pid);
            if (before == null) {
                throw LabException.failed(
                        "process " + pid + " cannot be looked at: it must be of this machine and this user, and live");
            }
            return before;
        }
    }

    /** Of all of them, in bytes, after a collection; empty: it is not asked for. */
    OptionalLong heap() {
        if (!plan.heaps() || isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(
                    plan.pids().stream().mapToLong(LiveHeap::bytes).sum());
        } catch (IllegalStateException e) {
            throw LabException.failed(String.valueOf(e.getMessage()));
        }
    }
}
