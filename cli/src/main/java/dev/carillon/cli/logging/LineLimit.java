package dev.carillon.cli.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Limits log lines by kind. A client can make a library log a line for each of its requests (Undertow 2.4.4 does so for an HTTP/2 head that it
 * cannot read), which would fill a disk. A kind is a logger and the first word of its message; since a client may choose that word, kinds beyond
 * {@value #KINDS} in one period count as one kind. The number of suppressed lines is logged with the first line that passes in a later period.
 */
public final class LineLimit extends Filter<ILoggingEvent> {
    /** Maximum number of lines of one kind in one {@link #PERIOD}. */
    public static final int LINES = 10;

    public static final Duration PERIOD = Duration.ofMinutes(1);
    /** Maximum number of kinds in one period. */
    static final int KINDS = 100;

    private static final String OTHERS = "";
    private static final Logger LOGGER = LoggerFactory.getLogger(LineLimit.class);

    private final LongSupplier nanoTime;

    // The fields below are guarded by this.
    private final Map<String, Integer> passed = new HashMap<>();
    private long sinceNanos;
    private long suppressed;

    /** Called by reflection, for the configuration file of Logback. */
    public LineLimit() {
        this(System::nanoTime);
    }

    LineLimit(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.sinceNanos = nanoTime.getAsLong();
    }

    @Override
    public FilterReply decide(ILoggingEvent event) {
        long before;
        synchronized (this) {
            before = nextPeriod();
            String kind = event.getLoggerName() + " " + firstWord(event.getMessage());
            if (passed.size() >= KINDS && !passed.containsKey(kind)) {
                kind = OTHERS;
            }
            if (passed.merge(kind, 1, Integer::sum) > LINES) {
                suppressed++;
                return FilterReply.DENY;
            }
        }
        if (before > 0) {
            LOGGER.atWarn().addKeyValue("lines", before).log("log lines were suppressed");
        }
        return FilterReply.NEUTRAL;
    }

    /** Begins the next period if it is due, and returns the number of lines that were suppressed before. */
    private long nextPeriod() {
        long now = nanoTime.getAsLong();
        if (now - sinceNanos < PERIOD.toNanos()) {
            return 0;
        }
        sinceNanos = now;
        passed.clear();
        long before = suppressed;
        suppressed = 0;
        return before;
    }

    private static String firstWord(String message) {
        int end = message == null ? -1 : message.indexOf(' ');
        return end < 0 ? "" : message.substring(0, end);
    }
}
