package dev.carillon.lease;

import static dev.carillon.broker.RecordingNode.get;
import static dev.carillon.lease.LeaseNode.LENGTH;
import static dev.carillon.lease.LeaseNode.MARGIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A lease of several nodes with clocks of their own, whatever the broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class LeaseContract {
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final List<Broker> open = new ArrayList<>();
    private String name = UUID.randomUUID().toString();

    protected abstract String broker();

    @AfterEach
    void close() {
        open.forEach(Broker::close);
        open.clear();
        name = UUID.randomUUID().toString();
    }

    /** Its clock began at another time than those of the others. */
    private LeaseNode node() {
        int number = NUMBERS.incrementAndGet();
        Broker broker = Brokers.open(broker(), PatientOptions.of("lease" + number));
        open.add(broker);
        return new LeaseNode(broker.store(), "n" + number, name, Duration.ofDays(number));
    }

    private Store store() {
        return open.getFirst().store();
    }

    @Test
    void one_node_holds_the_lease_and_keeps_it_while_it_renews() {
        LeaseNode first = node().acquire();
        LeaseNode second = node().tick();
        LeaseNode third = node().tick();
        long fence = first.fence();

        for (int i = 0; i < 12; i++) {
            first.pass(MARGIN).tick();
            second.pass(MARGIN).tick();
            third.pass(MARGIN).tick();
        }

        assertThat(first.holds()).isTrue();
        assertThat(first.fence()).isEqualTo(fence);
        assertThat(second.holds() || third.holds()).isFalse();
        assertThat(first.acquired).hasValue(1);
    }

    @Test
    void lease_of_a_failed_node_moves_after_its_length_with_a_larger_fence() {
        LeaseNode first = node().acquire();
        LeaseNode second = node().tick();

        second.pass(LENGTH.minusMillis(1)).tick();
        assertThat(second.holds()).isFalse();
        second.pass(Duration.ofMillis(1)).tick();

        assertThat(second.holds()).isTrue();
        assertThat(second.fence()).isGreaterThan(first.fence());
    }

    @Test
    void paused_holder_does_not_hold_the_lease_when_it_continues_although_it_was_not_told() {
        LeaseNode first = node().acquire();
        LeaseNode second = node().tick();
        LeaseUse use = first.lease.begin().orElseThrow();

        first.pass(LENGTH.minus(MARGIN).minusNanos(1));
        assertThat(use.isHeld()).isTrue();
        first.pass(Duration.ofNanos(1));
        assertThat(use.isHeld()).isFalse();
        assertThat(first.lease.begin()).isEmpty();

        second.pass(LENGTH).tick();
        first.tick();
        assertThat(second.holds()).isTrue();
        assertThat(first.holds()).isFalse();
        assertThat(first.metric("lost")).isEqualTo(1);
        use.close();
        assertThat(second.pass(MARGIN).tick().holds()).isTrue();
    }

    @Test
    void drained_node_frees_its_lease_at_once_and_takes_none_any_more() {
        LeaseNode first = node().acquire();
        LeaseNode second = node().tick();
        long fence = first.fence();

        first.drain();

        await().until(() -> second.tick().holds());
        assertThat(second.fence()).isGreaterThan(fence);
        assertThat(first.holds()).isFalse();
        second.drain();
        first.pass(LENGTH).tick().pass(LENGTH).tick();
        assertThat(first.holds()).isFalse();
    }

    @Test
    void drained_node_keeps_its_lease_until_its_work_has_ended() {
        LeaseNode first = node().acquire();
        LeaseNode second = node().tick();
        LeaseUse use = first.lease.begin().orElseThrow();

        first.drain();
        for (int i = 0; i < 6; i++) {
            first.pass(MARGIN).tick();
            second.pass(MARGIN).tick();
        }
        assertThat(use.isHeld()).isTrue();
        assertThat(first.lease.begin()).as("more work").isEmpty();
        assertThat(second.holds()).isFalse();

        use.close();
        await().until(() -> second.tick().holds());
    }

    @Test
    void nodes_that_find_an_ended_lease_together_do_not_both_get_it() {
        node().acquire();
        List<LeaseNode> others = List.of(node().tick(), node().tick(), node().tick());

        others.forEach(node -> node.pass(LENGTH));
        others.parallelStream().forEach(LeaseNode::tick);

        assertThat(others.stream().filter(LeaseNode::holds)).hasSize(1);
    }

    @Test
    void store_that_loses_the_lease_makes_no_second_holder() {
        LeaseNode first = node().acquire();
        long fence = first.fence();
        LeaseNode second = node().tick();
        long revision = get(store().get(LeaseNode.key(name))).orElseThrow().revision();
        assertThat(get(store().remove(LeaseNode.key(name), revision))).isTrue();

        LeaseNode third = node().tick();
        second.tick();
        assertThat(first.holds()).isTrue();
        assertThat(second.holds() || third.holds()).isFalse();

        third.pass(LENGTH).tick();
        first.pass(LENGTH).tick();
        assertThat(third.holds()).isTrue();
        assertThat(third.fence()).isGreaterThan(fence);
        assertThat(first.holds()).isFalse();
    }

    @Test
    void store_that_falls_back_to_the_record_of_an_earlier_holder_does_not_give_it_the_lease_again() {
        LeaseNode first = node().acquire();
        byte[] record = get(store().get(LeaseNode.key(name))).orElseThrow().value();
        LeaseNode second = node().acquire();
        first.pass(LENGTH).tick();
        assertThat(second.holds()).isTrue();
        assertThat(get(store().put(LeaseNode.key(name), record, Store.ANY, Duration.ZERO)))
                .isPresent();

        first.tick();

        assertThat(first.holds()).isFalse();
    }

    @Test
    void next_holder_knows_how_long_ago_the_work_was_marked() {
        LeaseNode first = node().acquire();
        assertThat(first.lease.sinceMark()).isEmpty();
        try (LeaseUse use = first.lease.begin().orElseThrow()) {
            use.mark();
        }
        first.pass(Duration.ofSeconds(3)).tick();
        LeaseNode second = node().tick();

        second.pass(LENGTH).tick();

        assertThat(second.holds()).isTrue();
        assertThat(second.lease.sinceMark()).contains(LENGTH.plusSeconds(3));
    }

    @Test
    void mark_is_in_the_store_before_the_work_begins() {
        LeaseNode first = node().acquire();
        LeaseUse use = first.lease.begin().orElseThrow();

        assertThat(use.mark().toCompletableFuture().join()).isTrue();
        // It fails now, without another step.
        LeaseNode second = node().tick();
        second.pass(LENGTH).tick();

        assertThat(second.holds()).isTrue();
        assertThat(second.lease.sinceMark()).contains(LENGTH);
    }
}
