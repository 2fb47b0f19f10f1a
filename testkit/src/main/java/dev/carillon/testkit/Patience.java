package dev.carillon.testkit;

import java.time.Duration;

/**
 * The deadline for every effect that a test waits for. It detects that something does not happen and says nothing about speed: on a machine with
 * several busy processes per core, milliseconds can become many seconds.
 */
public final class Patience {
    /** Shorter than the timeout of a test, so that the failing await is reported; longer in full tests. */
    public static final Duration LIMIT =
            Boolean.getBoolean("carillon.full") ? Duration.ofMinutes(5) : Duration.ofMinutes(1);

    public static final long LIMIT_SECONDS = LIMIT.toSeconds();
    public static final int LIMIT_MILLIS = (int) LIMIT.toMillis();

    private Patience() {}
}
