package dev.carillon.cli.doctor;

import java.util.Locale;

/**
 * The result of one check.
 *
 * @param check name of the check, which does not change between releases
 * @param message what was seen
 * @param advice what to do; empty if there is nothing to do
 */
record Finding(String check, Status status, String message, String advice) {
    enum Status {
        OK,
        WARN,
        FAIL,
        /** Not checked; the message says why. */
        SKIP;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Finding ok(String check, String message) {
        return new Finding(check, Status.OK, message, "");
    }

    static Finding warn(String check, String message, String advice) {
        return new Finding(check, Status.WARN, message, advice);
    }

    static Finding fail(String check, String message, String advice) {
        return new Finding(check, Status.FAIL, message, advice);
    }

    static Finding skip(String check, String reason, String advice) {
        return new Finding(check, Status.SKIP, "not checked: " + reason, advice);
    }
}
