package dev.carillon.app;

import java.util.UUID;
import org.junit.jupiter.api.Test;

class MemoryJobsIT extends JobsContract {
    private final String broker = "memory://" + UUID.randomUUID();

    @Override
    protected String broker() {
        return broker;
    }

    @Test
    void node_that_drains_ends_its_run_before_another_node_begins_one() {
        awaitRunAtDrain();
    }
}
