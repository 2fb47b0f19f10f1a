package dev.carillon.cli.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.encoder.Encoder;
import dev.carillon.extension.Development;
import org.jspecify.annotations.Nullable;

/**
 * Writes log lines to standard error by the {@link LogWriter}, as text by the encoder of the configuration file or as JSON. A line is encoded on the
 * thread that logs it, so that the bytes that wait are bounded.
 */
public final class LogAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private @Nullable Encoder<ILoggingEvent> encoder;
    private boolean stackTraces = true;
    private volatile boolean json;

    /** Called by Logback, for the element of the configuration file. */
    public void setEncoder(Encoder<ILoggingEvent> value) {
        encoder = value;
    }

    /** Called by Logback. False: an exception in JSON is one line. */
    public void setStackTraces(boolean value) {
        stackTraces = value;
    }

    @Override
    public void start() {
        if (encoder == null) {
            addError("no encoder is configured for the appender " + getName());
            return;
        }
        super.start();
    }

    void json(boolean value) {
        json = value;
    }

    @Override
    protected void append(ILoggingEvent event) {
        Encoder<ILoggingEvent> text = encoder;
        if (text != null) {
            Development.logged(() -> event.getLevel() + " " + event.getFormattedMessage() + cause(event));
            LogWriter.standardError()
                    .write(
                            json ? JsonLine.encode(event, stackTraces) : text.encode(event),
                            event.getLevel().isGreaterOrEqual(Level.WARN));
        }
    }

    private static String cause(ILoggingEvent event) {
        IThrowableProxy cause = event.getThrowableProxy();
        return cause == null ? "" : ": " + cause.getClassName() + ": " + cause.getMessage();
    }
}
