package dev.carillon.tracing;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.slf4j.LoggerFactory;

/** Passes warnings of the SDK, which logs by {@code java.util.logging}, on to the log of the process. The SDK limits repeated ones itself. */
final class SdkLog extends Handler {
    private static final org.slf4j.Logger LOGGER = LoggerFactory.getLogger(SdkLog.class);
    /** Kept, because the JDK holds loggers weakly. */
    private static final Logger SDK = Logger.getLogger("io.opentelemetry");

    private SdkLog() {}

    /** Further calls have no effect. */
    static synchronized void install() {
        for (Handler each : SDK.getHandlers()) {
            if (each instanceof SdkLog) {
                return;
            }
        }
        SDK.setUseParentHandlers(false);
        SDK.addHandler(new SdkLog());
    }

    @Override
    public void publish(LogRecord record) {
        if (record.getLevel().intValue() >= Level.WARNING.intValue()) {
            LOGGER.atWarn().addKeyValue("reason", record.getMessage()).log("traces could not be exported");
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
