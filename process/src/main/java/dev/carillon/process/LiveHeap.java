package dev.carillon.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.regex.Pattern;

/** Measures the live heap of another JVM with {@code jcmd}. */
public final class LiveHeap {
    /** Far longer than a garbage collection takes. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private static final Pattern TOTAL = Pattern.compile("Total\\s+\\d+\\s+(\\d+)");

    private LiveHeap() {}

    /** Live heap in bytes after a garbage collection; blocks until that is done. */
    public static long bytes(long pid) {
        // Counts the objects that the collection has left; the used size of the heap has what was allocated since.
        return TOTAL.matcher(jcmd(pid, "GC.class_histogram"))
                .results()
                .mapToLong(match -> Long.parseLong(match.group(1)))
                .sum();
    }

    private static String jcmd(long pid, String command) {
        try {
            ChildProcess.Ended jcmd = ChildProcess.of(ChildProcess.jdk("jcmd"), Long.toString(pid), command)
                    .merged()
                    .run(LIMIT);
            if (jcmd.status() != 0) {
                throw new IllegalStateException(
                        "jcmd " + command + " failed: " + jcmd.out().strip());
            }
            return jcmd.out();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
