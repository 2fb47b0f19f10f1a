package dev.carillon.cli.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import dev.carillon.base.ProcessLog;
import java.util.Iterator;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/** The log of the commands: format and levels, as settings and at run time. Found by {@link java.util.ServiceLoader}. Thread-safe. */
public final class LogbackLog implements ProcessLog {
    /** Called by {@link java.util.ServiceLoader}. */
    public LogbackLog() {}

    /** Applies the settings of a command. */
    public static void configure(boolean json, String level) {
        LogbackLog log = new LogbackLog();
        log.level(ROOT, level);
        context()
                .ifPresent(context ->
                        context.getLoggerList().forEach(logger -> setFormat(logger.iteratorForAppenders(), json)));
    }

    private static void setFormat(Iterator<Appender<ILoggingEvent>> appenders, boolean json) {
        while (appenders.hasNext()) {
            if (appenders.next() instanceof LogAppender appender) {
                appender.json(json);
            }
        }
    }

    /** Writes the lines that wait, for the end of the process. Blocks for at most a second. */
    public static void flush() {
        LogWriter.standardError().flush();
    }

    @Override
    public Optional<String> level(String logger) {
        return find(logger).map(found -> found.getEffectiveLevel().toString().toLowerCase(Locale.ROOT));
    }

    @Override
    public boolean level(String logger, String level) {
        Optional<Logger> found = find(logger);
        found.ifPresent(one -> one.setLevel(Level.toLevel(level)));
        return found.isPresent();
    }

    @Override
    public long droppedLines() {
        return LogWriter.standardError().dropped();
    }

    /** Creates no logger, as Logback keeps each for good. */
    private Optional<Logger> find(String logger) {
        return context().map(context -> context.exists(logger));
    }

    private static Optional<LoggerContext> context() {
        ILoggerFactory factory = LoggerFactory.getILoggerFactory();
        return factory instanceof LoggerContext context ? Optional.of(context) : Optional.empty();
    }
}
