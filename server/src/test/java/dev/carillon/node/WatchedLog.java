package dev.carillon.node;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** What is logged while it is open: warnings and worse but those of late I/O threads, and every exception, by whatever way. */
final class WatchedLog implements AutoCloseable {
    private static final String THREADS = "dev.carillon.http.IoThreadWatch";

    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    /** Libraries that know no SLF4J log here. */
    private final List<LogRecord> platformLines = new CopyOnWriteArrayList<>();

    private final Handler platform = new Handler() {
        @Override
        public void publish(LogRecord line) {
            platformLines.add(line);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    WatchedLog() {
        lines.start();
        root().addAppender(lines);
        java.util.logging.Logger.getLogger("").addHandler(platform);
    }

    List<String> warnings() {
        return Stream.concat(
                        List.copyOf(lines.list).stream()
                                // A busy machine blocks a thread for so long, too, for example while it loads classes.
                                .filter(line -> !line.getLoggerName().equals(THREADS))
                                .filter(line -> line.getLevel().isGreaterOrEqual(Level.WARN)
                                        || line.getThrowableProxy() != null)
                                .map(ILoggingEvent::getFormattedMessage),
                        platformLines.stream()
                                .filter(line -> line.getLevel().intValue() >= java.util.logging.Level.WARNING.intValue()
                                        || line.getThrown() != null)
                                .map(LogRecord::getMessage))
                .toList();
    }

    /** What the lines say beside their messages, as {@code name="value"}. */
    List<String> pairs() {
        return List.copyOf(lines.list).stream()
                .filter(line -> line.getKeyValuePairs() != null)
                .map(line -> line.getKeyValuePairs().stream()
                        .map(KeyValuePair::toString)
                        .collect(Collectors.joining(" ")))
                .toList();
    }

    private static Logger root() {
        return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }

    @Override
    public void close() {
        root().detachAppender(lines);
        java.util.logging.Logger.getLogger("").removeHandler(platform);
    }
}
