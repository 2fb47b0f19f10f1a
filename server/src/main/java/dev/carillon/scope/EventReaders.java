package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.Text;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/** The rules for the readers of an event. */
final class EventReaders {
    static final int MAX_READERS = 10_000;
    static final int MAX_BYTES = 256 * 1024;

    private EventReaders() {}

    /** @return an immutable copy, in the same order */
    static Set<String> checked(Set<String> readers) {
        if (readers.isEmpty()) {
            return Set.of();
        }
        if (readers.size() > MAX_READERS) {
            throw Event.invalid("readers", "must be at most " + MAX_READERS + " users, but are " + readers.size());
        }
        int bytes = 0;
        for (String reader : readers) {
            try {
                bytes += Text.utf8Length(Scope.user(reader).name());
            } catch (CarillonException e) {
                throw Event.invalid("readers", String.valueOf(e.getMessage()));
            }
        }
        if (bytes > MAX_BYTES) {
            throw Event.invalid(
                    "readers", "must have at most " + MAX_BYTES + " bytes of UTF-8 in total, but have " + bytes);
        }
        return Collections.unmodifiableSet(new LinkedHashSet<>(readers));
    }
}
