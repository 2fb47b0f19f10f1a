package dev.carillon.testkit;

import java.time.Duration;

/**
 * How long a test waits for an effect before it fails: the one deadline of all tests. It says that something does not happen, and
 * nothing about speed: on a machine with several busy processes per core, what takes milliseconds can take many seconds.
 */
public final class Patience {
    /** Shorter than the time-out of a whole test, so that the await that failed is named; longer with the large numbers of events. */
    public static final Duration LIMIT =
            Boolean.getBoolean("carillon.full") ? Duration.ofMinutes(5) : Duration.ofMinutes(1);

    public static final long LIMIT_SECONDS = LIMIT.toSeconds();
    public static final int LIMIT_MILLIS = (int) LIMIT.toMillis();

    private Patience() {}
}
