package dev.carillon.lab.load;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The accounting of a whole run, when its threads have ended: what was sent against what each connection has. */
final class Settlement {
    private final FanoutPlan plan;
    private final Publisher publisher;
    private final List<List<Publisher.Failed>> failedByTopic = new ArrayList<>();
    /** By topic: how many connections that have everything saw it in which order. */
    private final List<Map<Long, Integer>> orders = new ArrayList<>();

    private long received;
    private long missing;
    private long cutOff;
    private long doubled;
    private long outOfOrder;

    private Settlement(FanoutPlan plan, Publisher publisher) {
        this.plan = plan;
        this.publisher = publisher;
        for (int i = 0; i < plan.listening().topics(); i++) {
            failedByTopic.add(new ArrayList<>());
            orders.add(new HashMap<>());
        }
        publisher.failed().forEach(failed -> failedByTopic.get(failed.topic()).add(failed));
    }

    static FanoutResult.Accounting of(FanoutPlan plan, Publisher publisher, List<Reader> readers, Counts counts) {
        Settlement settlement = new Settlement(plan, publisher);
        readers.forEach(reader -> reader.listeners().stream()
                .filter(listener -> !listener.stalls() && listener.wasOpen())
                .forEach(settlement::add));
        return new FanoutResult.Accounting(
                settlement.received + settlement.missing + settlement.cutOff,
                settlement.received,
                settlement.missing,
                settlement.cutOff,
                settlement.doubled,
                settlement.outOfOrder,
                settlement.differing(),
                readers.stream().mapToLong(Reader::foreign).sum(),
                counts.gaps.get());
    }

    private void add(Listener listener) {
        Tally tally = listener.tally;
        long lacking = 0;
        for (int lane = 0; lane < plan.broadcasting().window(); lane++) {
            lacking += tally.missing(lane, publisher.sequence(lane, listener.topic));
        }
        // Nobody is owed what was not acknowledged, and some may have it all the same.
        lacking -= failedByTopic.get(listener.topic).stream()
                .filter(failed -> !tally.has(failed.lane(), failed.sequence()))
                .count();
        received += tally.received();
        doubled += tally.doubled();
        outOfOrder += tally.outOfOrder();
        if (listener.wasEnded()) {
            cutOff += lacking;
        } else {
            missing += lacking;
            if (lacking == 0) {
                orders.get(listener.topic).merge(tally.order(), 1, Integer::sum);
            }
        }
    }

    /** All but the most frequent order of each topic. */
    private long differing() {
        return orders.stream()
                .mapToLong(of -> of.values().stream().mapToLong(n -> n).sum()
                        - of.values().stream().mapToLong(n -> n).max().orElse(0))
                .sum();
    }
}
