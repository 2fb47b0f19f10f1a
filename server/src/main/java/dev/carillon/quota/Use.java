package dev.carillon.quota;

import java.util.Locale;

/** What a limit is about. */
enum Use {
    CONNECTIONS(0),
    EVENTS(1),
    BYTES(2);

    private final int index;

    Use(int index) {
        this.index = index;
    }

    /** Its place in arrays. */
    int index() {
        return index;
    }

    String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
