package dev.carillon.edge;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Terminates the process when memory is exhausted. Otherwise the process would serve some requests and lose others, and its clients would
 * stay connected. The JVM's {@code -XX:+ExitOnOutOfMemoryError} covers only the heap: for direct buffers Java code throws the error, which
 * Undertow and XNIO catch in their listeners. Thread-safe.
 */
public final class OutOfMemory {
    /** The status with which the JVM exits when the heap is exhausted. */
    public static final int STATUS = 3;

    private static final Logger LOGGER = LoggerFactory.getLogger(OutOfMemory.class);
    private static volatile boolean terminates;
    private static volatile Runnable flushLog = () -> {};

    private OutOfMemory() {}

    /**
     * Enables termination, for a process that is only a server; otherwise errors propagate to their callers.
     *
     * @param flush writes the log lines that wait; must return soon
     */
    public static void terminateProcess(Runnable flush) {
        flushLog = flush;
        terminates = true;
    }

    /** To be called with each such error where it is caught. */
    public static void handle(OutOfMemoryError error) {
        if (!terminates) {
            return;
        }
        terminates = false;
        try {
            LOGGER.atError()
                    .addKeyValue("reason", error.getMessage())
                    .addKeyValue("status", STATUS)
                    .log("out of memory: the process exits and has to be restarted");
            flushLog.run();
        } finally {
            // Not exit(): shutdown hooks need memory, and would drain for seconds.
            Runtime.getRuntime().halt(STATUS);
        }
    }
}
