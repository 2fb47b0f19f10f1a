package dev.carillon.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.Patience;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The expiry of leases; each tick stands for two seconds. */
class NodeRegistryTest {
    private static final long TICK = Duration.ofSeconds(2).toNanos();

    private final Broker broker = Brokers.open("memory://registry-test", BrokerOptions.of("n"));
    private final AtomicLong now = new AtomicLong();
    private final AtomicInteger replaced = new AtomicInteger();
    private int contexts;
    private boolean replacementExpected;

    @AfterEach
    void close() {
        broker.close();
    }

    @Test
    void lease_of_a_silent_node_expires_within_ten_seconds_and_is_restored_by_a_write() {
        NodeRegistry watching = register("watching");
        NodeRegistry other = register("other");
        tick(watching, other);
        assertThat(ids(watching)).containsExactlyInAnyOrder("watching", "other");

        int ticks = 0;
        while (ids(watching).contains("other")) {
            tick(watching);
            ticks++;
        }

        // Not after a single late write, but within the limit.
        assertThat(ticks).isBetween(3, 5);
        tick(watching, other);
        tick(watching);
        assertThat(ids(watching)).containsExactlyInAnyOrder("watching", "other");
    }

    @Test
    void no_lease_expires_because_the_reader_could_not_read() {
        NodeRegistry watching = register("watching");
        NodeRegistry other = register("other");
        tick(watching, other);

        now.addAndGet(Duration.ofSeconds(12).toNanos());
        tick(watching);

        assertThat(ids(watching)).contains("other");
    }

    @Test
    void load_is_the_last_written_one() {
        NodeRegistry watching = register("watching");
        contexts = 7;
        tick(watching);
        tick(watching);

        assertThat(watching.nodes())
                .singleElement()
                .satisfies(node -> assertThat(node.contexts()).isEqualTo(7));
    }

    @Test
    void later_generation_of_the_same_id_replaces_the_earlier_one() {
        NodeRegistry first = register("twice");
        NodeRegistry second = register("twice");
        assertThat(second.generation()).isGreaterThan(first.generation());

        tick(second);
        assertThat(replaced).hasValue(0);
        first.tick();

        await().until(() -> replaced.get() == 1);
    }

    @Test
    void node_writes_its_record_again_after_an_expected_replacement_has_left() {
        replacementExpected = true;
        NodeRegistry first = register("twice");
        NodeRegistry second = register("twice");
        tick(first);
        assertThat(replaced).hasValue(1);

        second.leave().toCompletableFuture().join();
        tick(first);
        tick(first);

        assertThat(first.nodes())
                .singleElement()
                .satisfies(node -> assertThat(node.generation()).isEqualTo(first.generation()));
    }

    @Test
    void generation_has_ended_when_it_is_silent_or_a_later_one_appears() {
        NodeRegistry watching = register("watching");
        NodeRegistry other = register("other");
        long life = other.generation();
        tick(watching, other);
        assertThat(watching.hasEnded("other", life)).isFalse();
        assertThat(watching.hasEnded("other", life - 1)).isTrue();
        assertThat(watching.hasEnded("other", life + 1)).isFalse();
        assertThat(watching.hasEnded("watching", watching.generation())).isFalse();
        assertThat(watching.hasEnded("watching", watching.generation() - 1)).isTrue();

        int ticks = 0;
        while (!watching.hasEnded("other", life)) {
            tick(watching);
            ticks++;
        }

        assertThat(ticks).isBetween(3, 5);
        assertThat(watching.hasEnded("other", life + 1)).isFalse();
        tick(watching, other);
        tick(watching);
        assertThat(watching.hasEnded("other", life)).isFalse();
    }

    @Test
    void absent_node_has_ended_only_after_the_length_of_a_lease() {
        NodeRegistry watching = register("watching");
        tick(watching);
        assertThat(watching.hasEnded("former", 1)).isFalse();
        NodeRegistry other = register("other");
        tick(watching);
        tick(watching);
        tick(watching);
        assertThat(watching.hasEnded("former", 1)).isTrue();

        other.leave().toCompletableFuture().join();
        tick(watching);
        assertThat(watching.hasEnded("other", other.generation())).isFalse();
        for (int i = 0; i < 4; i++) {
            tick(watching);
        }
        assertThat(watching.hasEnded("other", other.generation())).isTrue();

        now.addAndGet(Duration.ofSeconds(12).toNanos());
        tick(watching);
        assertThat(watching.hasEnded("other", other.generation())).isFalse();
    }

    @Test
    void refresh_sees_nodes_registered_before_it() {
        NodeRegistry watching = register("watching");
        for (int i = 0; i < 5; i++) {
            tick(watching);
        }
        assertThat(watching.hasEnded("late", 1)).isTrue();
        NodeRegistry late = register("late");

        Peers.View view = watching.refresh().toCompletableFuture().join();

        assertThat(view.hasEnded("late", late.generation())).isFalse();
    }

    @Test
    void concurrent_refreshes_share_one_read_that_starts_after_they_were_asked_for() {
        HeldStore store = new HeldStore(broker.store());
        NodeRegistry watching = register(store, "watching");
        store.hold = new CompletableFuture<>();
        CompletionStage<Peers.View> first = watching.refresh();
        NodeRegistry late = register("late");

        List<CompletionStage<Peers.View>> further =
                Stream.generate(watching::refresh).limit(100).toList();
        store.hold.complete(null);

        Peers.View _ = first.toCompletableFuture().join();
        assertThat(further)
                .allSatisfy(view -> assertThat(view.toCompletableFuture().join().hasEnded("late", late.generation()))
                        .isFalse());
        assertThat(ids(watching)).contains("late");
        assertThat(store.lists).hasValue(2);
    }

    @Test
    void failed_refresh_does_not_end_the_later_ones() {
        HeldStore store = new HeldStore(broker.store());
        NodeRegistry watching = register(store, "watching");
        store.hold = new CompletableFuture<>();
        CompletionStage<Peers.View> first = watching.refresh();
        CompletionStage<Peers.View> second = watching.refresh();

        store.hold.completeExceptionally(new BrokerUnavailableException("cut off"));

        assertThat(first).failsWithin(Patience.LIMIT);
        assertThat(second).failsWithin(Patience.LIMIT);
        store.hold = CompletableFuture.completedFuture(null);
        assertThat(watching.refresh()).succeedsWithin(Patience.LIMIT);
    }

    @Test
    void listeners_are_notified_of_changes_and_of_this_node_being_silent() {
        NodeRegistry watching = register("watching");
        NodeRegistry other = register("other");
        AtomicInteger notified = new AtomicInteger();
        watching.listen(notified::incrementAndGet);
        tick(watching, other);
        tick(watching, other);
        assertThat(notified).hasValue(0);

        NodeRegistry next = register("other");
        tick(watching);
        assertThat(notified).as("a new generation").hasValue(1);
        for (int i = 0; i < 5; i++) {
            tick(watching);
        }
        assertThat(notified).as("lease expired").hasValue(2);
        next.leave().toCompletableFuture().join();
        tick(watching);
        assertThat(notified).as("left").hasValue(3);
        now.addAndGet(Duration.ofSeconds(6).toNanos());
        tick(watching);
        assertThat(notified).as("could not read").hasValue(4);
        broker.store().remove(key("watching"), Store.ANY).toCompletableFuture().join();
        tick(watching);
        assertThat(notified).as("its own record was lost").hasValue(5);
        tick(watching);
        assertThat(notified).hasValue(5);
    }

    @Test
    void node_that_left_is_not_restored_by_a_later_tick_or_refresh() {
        NodeRegistry leaving = register("leaving");
        assertThat(leaving.leave().toCompletableFuture().join()).isTrue();

        tick(leaving);
        Peers.View _ = leaving.refresh().toCompletableFuture().join();

        assertThat(record("leaving")).isEmpty();
    }

    @Test
    void leaving_waits_for_a_write_in_flight() {
        HeldStore store = new HeldStore(broker.store());
        NodeRegistry leaving = register(store, "leaving");
        store.hold = new CompletableFuture<>();
        CompletionStage<Void> tick = leaving.tick();

        CompletionStage<Boolean> left = leaving.leave();
        store.hold.complete(null);

        assertThat(left.toCompletableFuture().join()).isTrue();
        tick.toCompletableFuture().join();
        assertThat(record("leaving")).isEmpty();
    }

    @Test
    void replaced_node_does_not_remove_its_successor() {
        NodeRegistry first = register("twice");
        NodeRegistry second = register("twice");

        assertThat(first.leave().toCompletableFuture().join()).isFalse();

        assertThat(record("twice")).get().extracting(NodeRecord::generation).isEqualTo(second.generation());
    }

    @Test
    void node_that_knows_its_successor_does_not_write_after_that_has_left() {
        NodeRegistry first = register("twice");
        NodeRegistry second = register("twice");
        tick(first);
        assertThat(second.leave().toCompletableFuture().join()).isTrue();

        tick(first);

        assertThat(record("twice")).isEmpty();
    }

    @Test
    void node_with_an_expired_lease_is_recorded_until_its_record_expires() {
        NodeRegistry watching = register("watching");
        NodeRegistry other = register("other");
        tick(watching, other);
        while (ids(watching).contains("other")) {
            tick(watching);
        }

        assertThat(watching.recorded()).extracting(NodeRecord::id).containsExactlyInAnyOrder("watching", "other");
        other.leave().toCompletableFuture().join();
        tick(watching);
        assertThat(watching.recorded()).extracting(NodeRecord::id).containsExactly("watching");
    }

    /** A registry whose store no longer answers. */
    static NodeRegistry silentAfterEntering(Store store, String id) {
        HeldStore held = new HeldStore(store);
        NodeRegistry registry = NodeRegistry.register(
                held,
                1,
                new NodeRegistry.Registration(
                        id, generation -> new NodeRecord(id, generation, Optional.empty(), 0, 0), () -> true, () -> 0));
        held.hold = new CompletableFuture<>();
        return registry;
    }

    /** A store whose writes wait until they are released. */
    private static final class HeldStore implements Store {
        private final Store store;
        private final AtomicInteger lists = new AtomicInteger();
        private volatile CompletableFuture<?> hold = CompletableFuture.completedFuture(null);

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
            lists.incrementAndGet();
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

    private NodeRegistry register(String id) {
        return register(broker.store(), id);
    }

    private NodeRegistry register(Store store, String id) {
        return NodeRegistry.register(
                store,
                1,
                new NodeRegistry.Registration(
                        id,
                        generation -> new NodeRecord(id, generation, Optional.empty(), contexts, 0),
                        () -> {
                            replaced.incrementAndGet();
                            return !replacementExpected;
                        },
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
