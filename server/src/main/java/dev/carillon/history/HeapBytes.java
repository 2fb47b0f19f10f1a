package dev.carillon.history;

import dev.carillon.broker.Live;
import dev.carillon.broker.Page;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.util.Collection;

/** An upper bound of the heap that events use after they were read from the log. */
final class HeapBytes {
    private static final int EVENT = 256;
    private static final int SCOPE = 64;
    private static final int TAG = 192;
    private static final int READER = 96;
    /** Size of a character in text beyond Latin-1. */
    private static final int CHAR = 2;

    private HeapBytes() {}

    static long of(Page page) {
        return of(page.events());
    }

    static long of(Collection<Live> events) {
        long bytes = 0;
        for (Live live : events) {
            Event event = live.event();
            long chars = event.data().length();
            for (Scope scope : event.scopes()) {
                bytes += SCOPE;
                chars += scope.name().length();
            }
            for (String value : event.tags().values()) {
                bytes += TAG;
                chars += value.length();
            }
            for (String reader : event.readers()) {
                bytes += READER;
                chars += reader.length();
            }
            bytes += EVENT + CHAR * chars;
        }
        return bytes;
    }
}
