package dev.carillon.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
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

    @Test
    void a_life_of_a_node_is_gone_when_it_is_not_heard_of_or_a_later_one_is() {
        NodeRegistry watching = enter("watching");
        NodeRegistry other = enter("other");
        long life = other.generation();
        tick(watching, other);
        assertThat(watching.isGone("other", life)).isFalse();
        assertThat(watching.isGone("other", life - 1)).isTrue();
        assertThat(watching.isGone("other", life + 1)).isFalse();
        assertThat(watching.isGone("watching", watching.generation())).isFalse();
        assertThat(watching.isGone("watching", watching.generation() - 1)).isTrue();

        int ticks = 0;
        while (!watching.isGone("other", life)) {
            tick(watching);
            ticks++;
        }

        assertThat(ticks).isBetween(3, 5);
        assertThat(watching.isGone("other", life + 1)).isFalse();
        tick(watching, other);
        tick(watching);
        assertThat(watching.isGone("other", life)).isFalse();
    }

    @Test
    void a_node_that_is_not_there_is_gone_only_after_it_was_missed_for_the_length_of_a_lease() {
        NodeRegistry watching = enter("watching");
        tick(watching);
        assertThat(watching.isGone("former", 1)).isFalse();
        NodeRegistry other = enter("other");
        tick(watching);
        tick(watching);
        tick(watching);
        assertThat(watching.isGone("former", 1)).isTrue();

        other.leave().toCompletableFuture().join();
        tick(watching);
        assertThat(watching.isGone("other", other.generation())).isFalse();
        for (int i = 0; i < 4; i++) {
            tick(watching);
        }
        assertThat(watching.isGone("other", other.generation())).isTrue();

        now.addAndGet(Duration.ofSeconds(12).toNanos());
        tick(watching);
        assertThat(watching.isGone("other", other.generation())).isFalse();
    }

    @Test
    void a_look_sees_who_entered_before_it() {
        NodeRegistry watching = enter("watching");
        for (int i = 0; i < 5; i++) {
            tick(watching);
        }
        assertThat(watching.isGone("late", 1)).isTrue();
        NodeRegistry late = enter("late");

        Peers.View view = watching.look().toCompletableFuture().join();

        assertThat(view.isGone("late", late.generation())).isFalse();
    }

    @Test
    void listeners_are_told_what_changes_and_that_a_node_was_not_heard_of() {
        NodeRegistry watching = enter("watching");
        NodeRegistry other = enter("other");
        AtomicInteger told = new AtomicInteger();
        watching.listen(told::incrementAndGet);
        tick(watching, other);
        tick(watching, other);
        assertThat(told).hasValue(0);

        NodeRegistry next = enter("other");
        tick(watching);
        assertThat(told).as("a new life").hasValue(1);
        for (int i = 0; i < 5; i++) {
            tick(watching);
        }
        assertThat(told).as("gone").hasValue(2);
        next.leave().toCompletableFuture().join();
        tick(watching);
        assertThat(told).as("left").hasValue(3);
        now.addAndGet(Duration.ofSeconds(6).toNanos());
        tick(watching);
        assertThat(told).as("could not read").hasValue(4);
        broker.store().remove(key("watching"), Store.ANY).toCompletableFuture().join();
        tick(watching);
        assertThat(told).as("its own record was lost").hasValue(5);
        tick(watching);
        assertThat(told).hasValue(5);
    }

    @Test
    void a_node_that_left_does_not_come_back_by_a_later_tick_or_look() {
        NodeRegistry leaving = enter("leaving");
        assertThat(leaving.leave().toCompletableFuture().join()).isTrue();

        tick(leaving);
        Peers.View _ = leaving.look().toCompletableFuture().join();

        assertThat(record("leaving")).isEmpty();
    }

    @Test
    void leaving_waits_for_a_write_that_was_begun() {
        HeldStore store = new HeldStore(broker.store());
        NodeRegistry leaving = enter(store, "leaving");
        store.hold = new CompletableFuture<>();
        CompletionStage<Void> tick = leaving.tick();

        CompletionStage<Boolean> left = leaving.leave();
        store.hold.complete(null);

        assertThat(left.toCompletableFuture().join()).isTrue();
        tick.toCompletableFuture().join();
        assertThat(record("leaving")).isEmpty();
    }

    @Test
    void a_node_that_was_replaced_leaves_its_successor_alone() {
        NodeRegistry first = enter("twice");
        NodeRegistry second = enter("twice");

        assertThat(first.leave().toCompletableFuture().join()).isFalse();

        assertThat(record("twice")).get().extracting(NodeRecord::generation).isEqualTo(second.generation());
    }

    @Test
    void a_node_that_knows_its_successor_does_not_write_when_that_has_left() {
        NodeRegistry first = enter("twice");
        NodeRegistry second = enter("twice");
        tick(first);
        assertThat(second.leave().toCompletableFuture().join()).isTrue();

        tick(first);

        assertThat(record("twice")).isEmpty();
    }

    @Test
    void a_node_whose_lease_is_over_is_recorded_until_its_record_ends() {
        NodeRegistry watching = enter("watching");
        NodeRegistry other = enter("other");
        tick(watching, other);
        while (ids(watching).contains("other")) {
            tick(watching);
        }

        assertThat(watching.recorded()).extracting(NodeRecord::id).containsExactlyInAnyOrder("watching", "other");
        other.leave().toCompletableFuture().join();
        tick(watching);
        assertThat(watching.recorded()).extracting(NodeRecord::id).containsExactly("watching");
    }

    /** One whose store answers nothing any more. */
    static NodeRegistry silentAfterEntering(Store store, String id) {
        HeldStore held = new HeldStore(store);
        NodeRegistry registry = NodeRegistry.enter(
                held,
                1,
                new NodeRegistry.Entrant(
                        id, generation -> new NodeRecord(id, generation, Optional.empty(), 0, 0), () -> {}, () -> 0));
        held.hold = new CompletableFuture<>();
        return registry;
    }

    /** A store whose writes wait until they are let go. */
    private static final class HeldStore implements Store {
        private final Store store;
        private CompletableFuture<?> hold = CompletableFuture.completedFuture(null);

        HeldStore(Store store) {
            this.store = store;
        }

        @Override
        public CompletionStage<Optional<Entry>> get(Key key) {
            return store.get(key);
        }

        @Override
        public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
            return hold.thenCompose(x -> store.put(key, value, expectedRevision, ttl));
        }

        @Override
        public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
            return store.remove(key, expectedRevision);
        }

        @Override
        public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
            return store.list(tenant, kind);
        }

        @Override
        public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> listener) {
            return store.watch(tenant, kind, listener);
        }
    }

    private static Store.Key key(String id) {
        return new Store.Key(Tenant.SYSTEM, "node", id);
    }

    private Optional<NodeRecord> record(String id) {
        return broker.store().get(key(id)).toCompletableFuture().join().flatMap(e -> NodeRecord.of(e.value()));
    }

    private NodeRegistry enter(String id) {
        return enter(broker.store(), id);
    }

    private NodeRegistry enter(Store store, String id) {
        return NodeRegistry.enter(
                store,
                1,
                new NodeRegistry.Entrant(
                        id,
                        generation -> new NodeRecord(id, generation, Optional.empty(), contexts, 0),
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
