package dev.carillon.lab.load;

import dev.carillon.lab.LabException;
import dev.carillon.process.LiveHeap;
import dev.carillon.process.ProcessCost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

    /** The processor time and the bytes of one process so far, from {@code /proc} (proc(5)). */
    record ProcessSample(long pid, long cpuMillis, long readBytes, long writtenBytes) {
        /** Of a process that has exited: zero. */
        static ProcessSample of(long pid) {
            try {
                List<String> lines = Files.readAllLines(Path.of("/proc", Long.toString(pid), "io"));
                return new ProcessSample(
                        pid, ProcessCost.of(pid).cpuMillis(), value(lines, "rchar:"), value(lines, "wchar:"));
            } catch (IOException | UncheckedIOException e) {
                return new ProcessSample(pid, 0, 0, 0);
            }
        }

        private static long value(List<String> lines, String name) {
            return lines.stream()
                    .filter(line -> line.startsWith(name))
                    .mapToLong(
                            line -> Long.parseLong(line.substring(name.length()).strip()))
                    .findFirst()
                    .orElse(0);
        }

        ProcessUse since(ProcessSample before, double seconds) {
            return new ProcessUse(
                    pid,
                    Math.max(0, cpuMillis - before.cpuMillis) / 1_000.0 / seconds,
                    Math.max(0, readBytes - before.readBytes) / seconds,
                    Math.max(0, writtenBytes - before.writtenBytes) / seconds);
        }
    }
}
