package dev.carillon.feed;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** What a feed counts. */
final class FeedMetrics {
    final Counter events;
    final Counter copies;
    final Counter holesBySequence;
    final Counter holesByHeads;
    final Counter healed;
    final Counter lost;
    final Counter epochs;
    final Counter doubts;
    final Counter comparisons;

    FeedMetrics(MeterRegistry registry) {
        events = registry.counter("carillon.feed.events");
        copies = registry.counter("carillon.feed.copies");
        holesBySequence = registry.counter("carillon.feed.holes", "found", "sequence");
        holesByHeads = registry.counter("carillon.feed.holes", "found", "heads");
        healed = registry.counter("carillon.feed.healed");
        lost = registry.counter("carillon.feed.lost");
        epochs = registry.counter("carillon.feed.epochs");
        doubts = registry.counter("carillon.feed.doubts");
        comparisons = registry.counter("carillon.feed.comparisons");
    }
}
