package dev.carillon.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What a process of this machine has cost so far, and holds now; from {@code /proc}, so on Linux alone (proc(5)).
 *
 * @param cpuMillis time on processors, of user and system
 * @param residentBytes memory in use
 * @param descriptors open files and sockets
 */
public record ProcessCost(long cpuMillis, long residentBytes, long descriptors) {
    /** Ticks of 10 ms everywhere that matters: {@code sysconf(_SC_CLK_TCK)} is 100. */
    private static final long TICK_MILLIS = 10;

    private static final int USER_TICKS = 11;
    private static final int SYSTEM_TICKS = 12;

    public static ProcessCost of(long pid) {
        Path process = Path.of("/proc", Long.toString(pid));
        try (Stream<Path> files = Files.list(process.resolve("fd"))) {
            String stat = Files.readString(process.resolve("stat"));
            // The name before the last bracket may hold anything.
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

    /** The time on processors since an earlier look, in milliseconds. */
    public long cpuMillisSince(ProcessCost before) {
        return cpuMillis - before.cpuMillis;
    }
}
