package dev.carillon.page.journal;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** The metrics of the journals of an application on one node. Thread-safe. */
public final class JournalMetrics {
    private final Counter written;
    private final Counter failed;
    private final Counter moved;
    private final Counter bytes;

    /** @param app base path of the application, for a label */
    public JournalMetrics(MeterRegistry registry, String app) {
        written = writes(registry, app, "written");
        failed = writes(registry, app, "failed");
        moved = writes(registry, app, "moved");
        bytes = Counter.builder("carillon.pages.journal.bytes")
                .description("Bytes of journals of live pages that were written")
                .tag("app", app)
                .register(registry);
    }

    private static Counter writes(MeterRegistry registry, String app, String result) {
        return Counter.builder("carillon.pages.journal.writes")
                .description("Writes of journals of live pages, by result")
                .tag("app", app)
                .tag("result", result)
                .register(registry);
    }

    void written(int size) {
        written.increment();
        bytes.increment(size);
    }

    void failed() {
        failed.increment();
    }

    /** Another node owns the context. */
    void moved() {
        moved.increment();
    }
}
