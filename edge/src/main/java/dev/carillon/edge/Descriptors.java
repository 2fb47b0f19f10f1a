package dev.carillon.edge;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * The file descriptors of this process. Connections use them, and so do files, brokers and the admin port. Client connections leave a
 * reserve of two parts: one for clients that are refused with an answer, the other for everything else.
 *
 * @param max limit of the process; {@link Long#MAX_VALUE}: unknown
 * @param open supplies the number of open descriptors
 */
public record Descriptors(long max, LongSupplier open) {
    private static final Path LISTING = Path.of("/proc/self/fd");
    private static final int PART_MIN = 16;
    private static final int PART_MAX = 512;
    private static final int PARTS = 32;

    public static Descriptors ofThisProcess() {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        // -1: the limit is unknown.
        return system instanceof UnixOperatingSystemMXBean unix && unix.getMaxFileDescriptorCount() > 0
                ? new Descriptors(unix.getMaxFileDescriptorCount(), () -> open(unix))
                : new Descriptors(Long.MAX_VALUE, () -> 0);
    }

    /** Since Linux 6.2 the size of this directory is the number of descriptors; listing it takes about 20 ms for ten thousand. */
    private static long open(UnixOperatingSystemMXBean unix) {
        try {
            long size = Files.size(LISTING);
            return size > 0 ? size : unix.getOpenFileDescriptorCount();
        } catch (IOException e) {
            return unix.getOpenFileDescriptorCount();
        }
    }

    /** The size of each of the two parts of the reserve. */
    public int reservePart() {
        return Math.clamp(max / PARTS, PART_MIN, PART_MAX);
    }

    /** The number of further connections outside the reserve; negative when the reserve is in use. */
    public long available() {
        return max - 2L * reservePart() - open.getAsLong();
    }

    /** Whether at most two descriptors are available, so that a failure may be caused by their lack. */
    public boolean isExhausted() {
        return open.getAsLong() >= max - 2;
    }

    /**
     * Whether only the last part of the reserve is available.
     *
     * @param wasScarce the previous answer; true requires half a part more, so that the answer does not oscillate
     */
    public boolean isScarce(boolean wasScarce) {
        return open.getAsLong() > max - reservePart() - (wasScarce ? reservePart() / 2 : 0);
    }
}
