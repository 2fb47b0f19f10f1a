package dev.carillon.cli.doctor;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Replaces the token of the requests, which a server may repeat whole or in part, in text that it sent or that is printed. */
final class Redaction {
    private static final String HIDDEN = "(hidden)";
    /** Length of the shortest part of a token that is replaced. */
    private static final int PART = 16;
    /** A shorter token may be a word of an answer's format; it is replaced only where text is printed. */
    private static final int SHORT = 8;

    private final int length;
    private final int part;
    private final Set<String> parts = new HashSet<>();

    Redaction(Optional<String> token) {
        String secret = token.orElse("");
        this.length = secret.length();
        this.part = Math.min(PART, length);
        for (int i = 0; part > 0 && i + part <= length; i++) {
            parts.add(secret.substring(i, i + part));
        }
    }

    /** Text of a server, before any of it is cut. */
    String received(String text) {
        return length < SHORT ? text : printed(text);
    }

    /** Text that is printed. */
    String printed(String text) {
        if (part == 0) {
            return text;
        }
        StringBuilder shown = new StringBuilder(text.length());
        int copied = 0;
        int at = 0;
        while (at + part <= text.length()) {
            if (isPart(text, at)) {
                shown.append(text, copied, at).append(HIDDEN);
                int last = at;
                while (last + 1 + part <= text.length() && isPart(text, last + 1)) {
                    last++;
                }
                at = last + part;
                copied = at;
            } else {
                at++;
            }
        }
        return shown.append(text, copied, text.length()).toString();
    }

    private boolean isPart(String text, int at) {
        return parts.contains(text.substring(at, at + part));
    }
}
