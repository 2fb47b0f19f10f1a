package dev.carillon.app;

import java.util.UUID;

class MemoryJobsIT extends JobsContract {
    private final String broker = "memory://" + UUID.randomUUID();

    @Override
    protected String broker() {
        return broker;
    }
}
