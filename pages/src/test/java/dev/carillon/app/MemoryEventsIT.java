package dev.carillon.app;

import java.util.UUID;

class MemoryEventsIT extends EventsContract {
    private final String broker = "memory://" + UUID.randomUUID();

    @Override
    protected String broker() {
        return broker;
    }
}
