package dev.carillon.cli.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import dev.carillon.edge.OutOfMemory;

/**
 * Writes nothing: it sees what XNIO and Undertow caught and logged, and tells {@link OutOfMemory} of the errors that say so. Direct buffers
 * are made in many places, also by the JDK for every write from the heap.
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
