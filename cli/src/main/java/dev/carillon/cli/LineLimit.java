package dev.carillon.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets few lines of one kind through: a client can have a library log a line for each of its requests (Undertow 2.4.4 does for a head
 * of HTTP/2 that it cannot read), and they would fill a disk. A kind is a logger and the first word of its message. How many were left
 * out is said with the next line of that kind that passes, or that of any kind in whose place it is forgotten.
 */
public final class LineLimit extends Filter<ILoggingEvent> {
    /** Of one kind in one {@link #PERIOD}. */
    static final int LINES = 10;

    static final Duration PERIOD = Duration.ofMinutes(1);
    /** What a client writes may be in the first word. */
    static final int KINDS = 100;

    private static final Logger LOGGER = LoggerFactory.getLogger(LineLimit.class);

    private final LongSupplier nanoTime;
    private final LinkedHashMap<String, Lines> kinds = new LinkedHashMap<>(16, 0.75f, true);

    private static final class Lines {
        private long since;
        private int passed;
        private long leftOut;
    }

    /** By reflection, from the file that configures Logback. */
    public LineLimit() {
        this(System::nanoTime);
    }

    LineLimit(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    @Override
    public FilterReply decide(ILoggingEvent event) {
        String kind = event.getLoggerName() + " " + firstWord(event.getMessage());
        long leftOut;
        synchronized (kinds) {
            long now = nanoTime.getAsLong();
            Lines lines = kinds.computeIfAbsent(kind, _ -> new Lines());
            if (lines.passed == 0 || now - lines.since >= PERIOD.toNanos()) {
                lines.since = now;
                lines.passed = 0;
            }
            if (lines.passed == LINES) {
                lines.leftOut++;
                return FilterReply.DENY;
            }
            lines.passed++;
            leftOut = lines.leftOut;
            lines.leftOut = 0;
            if (kinds.size() > KINDS) {
                leftOut += kinds.pollFirstEntry().getValue().leftOut;
            }
        }
        if (leftOut > 0) {
            LOGGER.atWarn().addKeyValue("lines", leftOut).log("lines of libraries were left out, like the next one");
        }
        return FilterReply.NEUTRAL;
    }

    private static String firstWord(String message) {
        int end = message == null ? -1 : message.indexOf(' ');
        return end < 0 ? "" : message.substring(0, end);
    }
}
