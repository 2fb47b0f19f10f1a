package dev.carillon.edge;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * The file descriptors of this process. Each connection takes one, and so do files, brokers and the admin port: connections leave
 * a reserve of two parts, the one for clients that are refused with an answer, the last for all that is no client.
 *
 * @param max how many the process may have open; {@link Long#MAX_VALUE}: not known
 * @param open how many it has open
 */
public record Descriptors(long max, LongSupplier open) {
    private static final Path LISTING = Path.of("/proc/self/fd");
    private static final int PART_MIN = 16;
    private static final int PART_MAX = 512;
    private static final int PARTS = 32;

    public static Descriptors ofThisProcess() {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        // -1: the system does not tell.
        return system instanceof UnixOperatingSystemMXBean unix && unix.getMaxFileDescriptorCount() > 0
                ? new Descriptors(unix.getMaxFileDescriptorCount(), () -> open(unix))
                : new Descriptors(Long.MAX_VALUE, () -> 0);
    }

    /** Linux 6.2 and newer tell it as the size of this folder; to list the folder takes some 20 ms where they are ten thousand. */
    private static long open(UnixOperatingSystemMXBean unix) {
        try {
            long size = Files.size(LISTING);
            return size > 0 ? size : unix.getOpenFileDescriptorCount();
        } catch (IOException e) {
            return unix.getOpenFileDescriptorCount();
        }
    }

    /** Each of the two parts of the reserve. */
    public int part() {
        return Math.clamp(max / PARTS, PART_MIN, PART_MAX);
    }

    /** How many more connections may be open until new ones are refused; negative: too many are. */
    public long room() {
        return max - 2L * part() - open.getAsLong();
    }

    /** Whether none is left, or hardly one: what fails then may fail for that. */
    public boolean isExhausted() {
        return open.getAsLong() >= max - 2;
    }

    /** Whether only the last part is left, and somewhat more where it was so before: accepting goes on and off not too often. */
    public boolean scarce(boolean before) {
        return open.getAsLong() > max - part() - (before ? part() / 2 : 0);
    }
}
