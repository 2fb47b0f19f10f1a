package dev.carillon.history;

import dev.carillon.broker.Live;
import dev.carillon.broker.Page;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.util.Collection;

/** The heap of events that were read from the log, at most. */
final class HeapBytes {
    private static final int EVENT = 256;
    private static final int SCOPE = 64;
    /** Of text beyond Latin-1. */
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
            bytes += EVENT + CHAR * chars;
        }
        return bytes;
    }
}
