package dev.carillon.cli.doctor;

import java.time.Duration;

/** The time for all checks is over: what is left is not checked. */
final class TimeIsUpException extends ProbeException {
    private static final long serialVersionUID = 1L;

    TimeIsUpException(Duration total) {
        super("the time for all checks, " + total.toSeconds() + " s, is over");
    }
}
