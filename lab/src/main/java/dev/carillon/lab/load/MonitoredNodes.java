package dev.carillon.lab.load;

import dev.carillon.lab.LabException;
import dev.carillon.process.LiveHeap;
import dev.carillon.process.ProcessCost;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Measures the cost of all node processes together. */
final class MonitoredNodes {
    private final FanoutPlan.Monitored plan;
    private final Map<Long, ProcessCost> last = new HashMap<>();

    MonitoredNodes(FanoutPlan.Monitored plan) {
        this.plan = plan;
    }

    boolean isEmpty() {
        return plan.pids().isEmpty();
    }

    /**
     * The cost of all processes. A process that has exited counts with its last cost.
     *
     * @throws LabException if the cost of a process was never readable
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
                        "process " + pid + " cannot be monitored: it must run on this machine and belong to this user");
            }
            return before;
        }
    }

    /** Each node, and then each other process. */
    List<ProcessSample> samples() {
        return Stream.concat(plan.pids().stream(), plan.others().stream())
                .map(ProcessSample::of)
                .toList();
    }

    /** Live heap of all processes in bytes, after a garbage collection; empty if it is not measured. */
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
