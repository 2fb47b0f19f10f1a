package dev.carillon.page.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts the actions that reached the node of their page, and those that took another hop. Thread-safe. */
final class ActionRouting {
    private final Counter local;
    private final Counter forwarded;

    /** @param app base path of the application, for a label */
    ActionRouting(MeterRegistry registry, String app) {
        local = counter(registry, app, "local");
        forwarded = counter(registry, app, "forwarded");
    }

    private static Counter counter(MeterRegistry registry, String app, String route) {
        return Counter.builder("carillon.pages.actions.routed")
                .description("Requests for actions, by whether they reached the node of their page")
                .tag("app", app)
                .tag("route", route)
                .register(registry);
    }

    void count(boolean isLocal) {
        (isLocal ? local : forwarded).increment();
    }
}
