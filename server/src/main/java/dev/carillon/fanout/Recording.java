package dev.carillon.fanout;

import java.util.concurrent.atomic.AtomicInteger;

/** Where exceptions are recorded, and the numbers by which connections are named there. Thread-safe. */
final class Recording {
    private final AtomicInteger numbers = new AtomicInteger();
    private volatile DeliveryLog log = DeliveryLog.NONE;

    void log(DeliveryLog value) {
        log = value;
    }

    DeliveryLog log() {
        return log;
    }

    int nextNumber() {
        return numbers.incrementAndGet();
    }
}
