package dev.carillon.feed;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** The counters of a feed. */
final class FeedMetrics {
    private static final String GAPS = "carillon.feed.gaps";
    private static final String GAPS_DESCRIPTION =
            "Gaps in the sequence of events from the broker, by how they were found";

    final Counter events;
    final Counter duplicates;
    final Counter gapsBySequence;
    final Counter gapsByHeads;
    final Counter gapsFilled;
    final Counter eventsLost;
    final Counter epochs;
    final Counter possibleLosses;
    final Counter headComparisons;

    FeedMetrics(MeterRegistry registry) {
        events = counter(
                registry, "carillon.feed.events", "Live events from the broker that were delivered on this node");
        duplicates = counter(
                registry, "carillon.feed.duplicates", "Live events from the broker that had been delivered before");
        gapsBySequence = Counter.builder(GAPS)
                .description(GAPS_DESCRIPTION)
                .tag("found", "sequence")
                .register(registry);
        gapsByHeads = Counter.builder(GAPS)
                .description(GAPS_DESCRIPTION)
                .tag("found", "heads")
                .register(registry);
        gapsFilled = counter(registry, "carillon.feed.gaps.filled", "Missing events that were read from the log");
        eventsLost = counter(
                registry,
                "carillon.feed.events.lost",
                "Gaps that the log could not fill, of which clients were notified");
        epochs = counter(registry, "carillon.feed.epochs", "New epochs of logs that this node has seen");
        possibleLosses = counter(
                registry,
                "carillon.feed.possible.losses",
                "Possible losses of events that the broker connection reported");
        headComparisons = counter(
                registry, "carillon.feed.head.comparisons", "Comparisons of received events with the heads of the log");
    }

    private static Counter counter(MeterRegistry registry, String name, String description) {
        return Counter.builder(name).description(description).register(registry);
    }
}
