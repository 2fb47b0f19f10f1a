package dev.carillon.cli.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import dev.carillon.edge.OutOfMemory;

/**
 * Detects out-of-memory errors that XNIO and Undertow catch and log, and passes them to {@link OutOfMemory}; writes nothing. Direct buffers are
 * allocated in many places, for example by the JDK for every write from the heap.
 */
public final class MemoryAppender extends AppenderBase<ILoggingEvent> {
    private static final int MAX_CAUSES = 8;

    @Override
    protected void append(ILoggingEvent event) {
        if (!(event.getThrowableProxy() instanceof ThrowableProxy proxy)) {
            return;
        }
        Throwable cause = proxy.getThrowable();
        for (int i = 0; i < MAX_CAUSES && cause != null; i++) {
            if (cause instanceof OutOfMemoryError error) {
                OutOfMemory.handle(error);
            }
            cause = cause.getCause();
        }
    }
}
