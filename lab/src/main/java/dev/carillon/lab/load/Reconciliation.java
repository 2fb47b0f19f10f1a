package dev.carillon.lab.load;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Compares, after a run, the events that were sent with the deliveries of each connection. */
final class Reconciliation {
    private final FanoutPlan plan;
    private final Publisher publisher;
    private final List<List<Publisher.Failed>> failedByTopic = new ArrayList<>();
    /** By topic: number of complete connections with the same order of events, by the hash of that order. */
    private final List<Map<Long, Integer>> orders = new ArrayList<>();

    private long received;
    private long missing;
    private long cutOff;
    private long duplicates;
    private long outOfOrder;

    private Reconciliation(FanoutPlan plan, Publisher publisher) {
        this.plan = plan;
        this.publisher = publisher;
        for (int i = 0; i < plan.listening().topics(); i++) {
            failedByTopic.add(new ArrayList<>());
            orders.add(new HashMap<>());
        }
        publisher.failed().forEach(failed -> failedByTopic.get(failed.topic()).add(failed));
    }

    static FanoutResult.Accounting of(FanoutPlan plan, Publisher publisher, List<Reader> readers, RunCounters counts) {
        Reconciliation reconciliation = new Reconciliation(plan, publisher);
        readers.forEach(reader -> reader.subscribers().stream()
                .filter(subscriber -> !subscriber.isStalled() && subscriber.hasOpened())
                .forEach(reconciliation::add));
        return new FanoutResult.Accounting(
                reconciliation.received + reconciliation.missing + reconciliation.cutOff,
                reconciliation.received,
                reconciliation.missing,
                reconciliation.cutOff,
                reconciliation.duplicates,
                reconciliation.outOfOrder,
                reconciliation.differingOrders(),
                readers.stream().mapToLong(Reader::foreign).sum(),
                counts.gaps.get());
    }

    private void add(SubscriberConnection subscriber) {
        DeliveryRecord deliveries = subscriber.deliveries;
        long missingHere = 0;
        for (int connection = 0; connection < plan.broadcasting().window(); connection++) {
            missingHere += deliveries.missing(connection, publisher.sequence(connection, subscriber.topic));
        }
        // Events whose broadcast failed are not expected, although some connections may have received them.
        missingHere -= failedByTopic.get(subscriber.topic).stream()
                .filter(failed -> !deliveries.contains(failed.connection(), failed.sequence()))
                .count();
        received += deliveries.received();
        duplicates += deliveries.duplicates();
        outOfOrder += deliveries.outOfOrder();
        if (subscriber.endedEarly()) {
            cutOff += missingHere;
        } else {
            missing += missingHere;
            if (missingHere == 0) {
                orders.get(subscriber.topic).merge(deliveries.orderHash(), 1, Integer::sum);
            }
        }
    }

    /** Number of connections whose order is not the most frequent one of their topic. */
    private long differingOrders() {
        return orders.stream()
                .mapToLong(counts -> counts.values().stream().mapToLong(n -> n).sum()
                        - counts.values().stream().mapToLong(n -> n).max().orElse(0))
                .sum();
    }
}
