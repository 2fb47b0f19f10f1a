package dev.carillon.console;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import java.util.List;

/** The sum of some counters of the node, and its increase. For one thread. */
final class Counters {
    private final MeterRegistry registry;
    private final String name;
    private final List<Tag> tags;
    private List<Counter> found = List.of();
    private double before = Double.NaN;

    /** @param tags that the counters have, besides others */
    Counters(MeterRegistry registry, String name, Tag... tags) {
        this.registry = registry;
        this.name = name;
        this.tags = List.of(tags);
    }

    /** 0 while there is no such counter. */
    double sum() {
        if (found.isEmpty()) {
            found = List.copyOf(registry.find(name).tags(tags).counters());
        }
        return found.stream().mapToDouble(Counter::count).sum();
    }

    /** Since the last call; 0 at the first. */
    double increase() {
        double now = sum();
        double more = Double.isNaN(before) ? 0 : Math.max(0, now - before);
        before = now;
        return more;
    }
}
