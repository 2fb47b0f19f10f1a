package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When a node counts as gone; each tick stands for two seconds. */
class NodeRegistryTest {
    private static final long TICK = Duration.ofSeconds(2).toNanos();

    private final Broker broker = Brokers.open("memory://registry-test", BrokerOptions.of("n"));
    private final AtomicLong now = new AtomicLong();
    private final AtomicInteger replaced = new AtomicInteger();
    private int contexts;

    @AfterEach
    void close() {
        broker.close();
    }

    @Test
    void a_node_that_does_not_write_any_more_is_gone_within_ten_seconds_and_back_when_it_writes() {
        NodeRegistry watching = enter("watching");
        NodeRegistry other = enter("other");
        tick(watching, other);
        assertThat(ids(watching)).containsExactlyInAnyOrder("watching", "other");

        int ticks = 0;
        while (ids(watching).contains("other")) {
            tick(watching);
            ticks++;
        }

        // Not for one late writing, and in time.
        assertThat(ticks).isBetween(3, 5);
        tick(watching, other);
        tick(watching);
        assertThat(ids(watching)).containsExactlyInAnyOrder("watching", "other");
    }

    @Test
    void nobody_is_gone_because_the_reader_could_not_read() {
        NodeRegistry watching = enter("watching");
        NodeRegistry other = enter("other");
        tick(watching, other);

        now.addAndGet(Duration.ofSeconds(12).toNanos());
        tick(watching);

        assertThat(ids(watching)).contains("other");
    }

    @Test
    void load_is_as_it_was_written_last() {
        NodeRegistry watching = enter("watching");
        contexts = 7;
        tick(watching);
        tick(watching);

        assertThat(watching.nodes())
                .singleElement()
                .satisfies(node -> assertThat(node.contexts()).isEqualTo(7));
    }

    @Test
    void a_later_generation_of_the_same_id_replaces_the_earlier() {
        NodeRegistry first = enter("twice");
        NodeRegistry second = enter("twice");
        assertThat(second.generation()).isGreaterThan(first.generation());

        tick(second);
        assertThat(replaced).hasValue(0);
        first.tick();

        await().until(() -> replaced.get() == 1);
    }

    private NodeRegistry enter(String id) {
        return NodeRegistry.enter(
                broker.store(),
                1,
                new NodeRegistry.Entrant(
                        id,
                        generation -> new NodeRecord(id, generation, "127.0.0.1:1", contexts, 0),
                        replaced::incrementAndGet,
                        now::get));
    }

    private void tick(NodeRegistry... registries) {
        now.addAndGet(TICK);
        for (NodeRegistry registry : registries) {
            registry.tick().toCompletableFuture().join();
        }
    }

    private static List<String> ids(NodeRegistry registry) {
        return registry.nodes().stream().map(NodeRecord::id).toList();
    }
}
