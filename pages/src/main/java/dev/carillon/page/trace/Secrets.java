package dev.carillon.page.trace;

import java.util.regex.Pattern;

/** Values that no trace shows, by the names of their fields and signals. */
final class Secrets {
    static final String HIDDEN = "(hidden)";

    private static final Pattern NAMES = Pattern.compile(
            "(?i)password|passwd|passphrase|passcode|secret|token|credential|api[-_]?key|card[-_]?number|(^|[-_.])(pass|pin|otp|cvc|cvv|iban|ssn)([-_.]|$)");

    private static final int MAX_CHARS = 200;

    private Secrets() {}

    /** The value as a trace shows it. */
    static String shown(String name, String value) {
        if (NAMES.matcher(name).find()) {
            return HIDDEN;
        }
        return value.length() > MAX_CHARS ? value.substring(0, MAX_CHARS) + "…" : value;
    }
}
