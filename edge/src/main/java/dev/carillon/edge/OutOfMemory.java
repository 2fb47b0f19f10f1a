package dev.carillon.edge;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process when memory has run out: what is left of it answers some requests and loses others, so that its clients would stay
 * with it. The JVM's {@code -XX:+ExitOnOutOfMemoryError} does so for the heap alone: for direct buffers the error is thrown by Java code,
 * and Undertow and XNIO catch it wherever it comes out of a listener. Thread-safe.
 */
public final class OutOfMemory {
    /** As the JVM ends for its heap. */
    public static final int STATUS = 3;

    private static final Logger LOGGER = LoggerFactory.getLogger(OutOfMemory.class);
    private static volatile boolean endsProcess;

    private OutOfMemory() {}

    /** For a process that is a server and nothing else; without it the error goes on to who asked for the memory. */
    public static void endsProcess() {
        endsProcess = true;
    }

    /** To be called with each such error, wherever it is caught. */
    public static void happened(OutOfMemoryError error) {
        if (!endsProcess) {
            return;
        }
        endsProcess = false;
        try {
            LOGGER.atError()
                    .addKeyValue("reason", error.getMessage())
                    .addKeyValue("status", STATUS)
                    .log("memory has run out: the process ends, to be started again");
        } finally {
            // No hooks: they need memory, and would drain for seconds.
            Runtime.getRuntime().halt(STATUS);
        }
    }
}
