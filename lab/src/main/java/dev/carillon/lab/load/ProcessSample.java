package dev.carillon.lab.load;

import dev.carillon.process.ProcessCost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

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
                .mapToLong(line -> Long.parseLong(line.substring(name.length()).strip()))
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
