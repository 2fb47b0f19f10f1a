package dev.carillon.patch;

import org.jspecify.annotations.Nullable;

/** The data of an event of Datastar: lines that begin with their key. Not thread-safe. */
final class DataLines {
    private final StringBuilder out = new StringBuilder();

    /** A line; with a null or empty value none. */
    DataLines option(String key, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            text(key, value);
        }
        return this;
    }

    /** A line for each line of a text, whose line breaks may be LF, CR and CRLF: none can begin a line without the key. */
    DataLines text(String key, String text) {
        begin(key);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n' || c == '\r') {
                begin(key);
                if (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') {
                    i++;
                }
            } else {
                out.append(c);
            }
        }
        return this;
    }

    private void begin(String key) {
        out.append(out.isEmpty() ? "" : "\n").append(key).append(' ');
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
