package dev.carillon.lab.rehearse;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * The EventSource of a page, from its load until the user leaves: the id and the reconnect delay that it keeps from one response to the next.
 * For one thread.
 */
final class PageStream {
    /** Marks the events of rehearsals; the time of the broadcast follows. */
    static final String MARK = "@rehearsal,";

    private static final double DEFAULT_RETRY_SECONDS = 3;
    private static final double MIN_RETRY_SECONDS = 0.1;
    private static final String DATA = "data: " + MARK;
    private static final String ID = "id: ";
    private static final String RETRY = "retry: ";

    private final RehearsalCounts counts;
    private final LongSupplier nanoTime;
    private boolean open;
    private double retrySeconds = DEFAULT_RETRY_SECONDS;
    private String lastId = "";

    /** @param nanoTime the clock of the broadcasts */
    PageStream(RehearsalCounts counts, LongSupplier nanoTime) {
        this.counts = counts;
        this.nanoTime = nanoTime;
    }

    /** A line of the response. */
    void line(String line) {
        if (line.startsWith(DATA)) {
            number(line.substring(DATA.length())).ifPresent(sent -> counts.delivered(nanoTime.getAsLong() - sent));
        } else if (line.startsWith(ID)) {
            lastId = line.substring(ID.length());
        } else if (line.startsWith(RETRY)) {
            number(line.substring(RETRY.length()))
                    .ifPresent(millis -> retrySeconds = Math.max(MIN_RETRY_SECONDS, millis / 1e3));
        } else if (line.equals("event: carillon.open") && !open) {
            open = true;
            counts.opened();
        } else if (line.equals("event: carillon.gap")) {
            counts.gap();
        }
    }

    /**
     * The response has ended. One with status 200 that did not open was a temporary refusal, unless its user ended it.
     *
     * @param byUser whether its user ended it
     */
    void ended(boolean byUser) {
        if (open) {
            counts.closed(byUser);
        } else if (!byUser) {
            counts.refused();
        }
        open = false;
    }

    private static OptionalLong number(String text) {
        try {
            return OptionalLong.of(Long.parseLong(text));
        } catch (NumberFormatException e) {
            // Not of a rehearsal, or not of Carillon: an EventSource ignores such a line, too.
            return OptionalLong.empty();
        }
    }

    double retrySeconds() {
        return retrySeconds;
    }

    /** The header Last-Event-ID. */
    Optional<String> lastId() {
        return lastId.isEmpty() ? Optional.empty() : Optional.of(lastId);
    }
}
