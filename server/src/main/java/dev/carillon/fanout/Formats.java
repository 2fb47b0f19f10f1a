package dev.carillon.fanout;

import dev.carillon.format.WireFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** The wire formats of a node by number, and the number of connections that use each. Thread-safe. */
final class Formats {
    private final List<WireFormat> formats;
    private final AtomicIntegerArray open;

    Formats(List<WireFormat> formats) {
        this.formats = List.copyOf(formats);
        this.open = new AtomicIntegerArray(formats.size());
    }

    int count() {
        return formats.size();
    }

    WireFormat get(int number) {
        return formats.get(number);
    }

    int numberOf(WireFormat format) {
        int number = formats.indexOf(format);
        if (number < 0) {
            throw new IllegalArgumentException("unknown wire format: " + format);
        }
        return number;
    }

    boolean inUse(int number) {
        return open.get(number) > 0;
    }

    void opened(int number) {
        open.incrementAndGet(number);
    }

    void closed(int number) {
        open.decrementAndGet(number);
    }
}
