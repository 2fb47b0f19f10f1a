package dev.carillon.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Resource usage of a process on this machine, from {@code /proc} (proc(5)); Linux only.
 *
 * @param cpuMillis user and system processor time
 * @param residentBytes resident memory
 * @param descriptors open descriptors
 */
public record ProcessCost(long cpuMillis, long residentBytes, long descriptors) {
    /** Length of a tick: {@code sysconf(_SC_CLK_TCK)} is 100 on all common systems. */
    private static final long TICK_MILLIS = 10;

    private static final int USER_TICKS = 11;
    private static final int SYSTEM_TICKS = 12;

    public static ProcessCost of(long pid) {
        Path process = Path.of("/proc", Long.toString(pid));
        try (Stream<Path> files = Files.list(process.resolve("fd"))) {
            String stat = Files.readString(process.resolve("stat"));
            // The program name before the last bracket may contain any character.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            long resident = Files.readAllLines(process.resolve("status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .findFirst()
                    .orElse(0);
            return new ProcessCost(
                    (Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS])) * TICK_MILLIS,
                    resident,
                    files.count());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Processor time since an earlier measurement, in milliseconds. */
    public long cpuMillisSince(ProcessCost before) {
        return cpuMillis - before.cpuMillis;
    }
}
