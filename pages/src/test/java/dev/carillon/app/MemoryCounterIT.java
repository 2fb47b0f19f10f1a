package dev.carillon.app;

import java.util.UUID;

class MemoryCounterIT extends CounterContract {
    private final String broker = "memory://" + UUID.randomUUID();

    @Override
    protected String broker() {
        return broker;
    }
}
