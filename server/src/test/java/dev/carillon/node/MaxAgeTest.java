package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nodes that leave by age. */
class MaxAgeTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final RandomGenerator EARLIEST = () -> 0;

    private final Broker broker = Brokers.open("memory://max-age-test", BrokerOptions.of("n"));
    private final AtomicLong now = new AtomicLong();
    private final AtomicInteger others = new AtomicInteger(2);
    private final List<String> left = new ArrayList<>();
    private boolean replaceable;

    @AfterEach
    void close() {
        broker.close();
    }

    @Test
    void node_stays_until_it_is_due() {
        MaxAge age = node("n1", 1, HOUR);

        tick(age);
        pass(Duration.ofMinutes(47));
        tick(age);
        assertThat(left).isEmpty();

        pass(Duration.ofMinutes(1));
        tick(age);
        assertThat(left).containsExactly("n1 drains");
    }

    @Test
    void node_without_a_maximum_age_stays() {
        MaxAge age = node("n1", 1, Duration.ZERO);

        pass(Duration.ofDays(10_000));
        tick(age);
        tick(age);

        assertThat(left).isEmpty();
    }

    @Test
    void only_one_node_leaves_until_its_successor_serves() {
        List<MaxAge> all = List.of(node("n1", 1, HOUR), node("n2", 1, HOUR), node("n11", 1, HOUR));
        all.forEach(MaxAgeTest::tick);
        pass(HOUR);

        all.forEach(MaxAgeTest::tick);
        all.forEach(MaxAgeTest::tick);
        assertThat(left).containsExactly("n1 drains");

        // Another node's start does not end the turn, even if its name begins alike.
        tick(node("n11", 2, HOUR));
        tick(all.get(1));
        assertThat(left).hasSize(1);

        tick(node("n1", 2, HOUR));
        tick(all.get(1));
        assertThat(left).containsExactly("n1 drains", "n2 drains");
    }

    @Test
    void replacement_is_preferred_to_a_drain() {
        replaceable = true;
        MaxAge age = node("n1", 1, HOUR);
        tick(age);
        pass(HOUR);

        tick(age);

        assertThat(left).containsExactly("n1 is replaced");
    }

    @Test
    void only_node_of_a_cluster_does_not_drain() {
        others.set(0);
        MaxAge age = node("n1", 1, HOUR);
        tick(age);
        pass(HOUR);

        tick(age);

        assertThat(left).isEmpty();
    }

    private MaxAge node(String id, long generation, Duration maxAge) {
        return new MaxAge(
                maxAge,
                Duration.ofSeconds(25),
                broker.store(),
                id,
                generation,
                new MaxAge.Departure(
                        others::get,
                        () -> replaceable && left.add(id + " is replaced"),
                        () -> left.add(id + " drains")),
                now::get,
                EARLIEST);
    }

    private static void tick(MaxAge age) {
        age.tick().toCompletableFuture().join();
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }
}
