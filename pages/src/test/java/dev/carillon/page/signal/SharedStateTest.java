package dev.carillon.page.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Store;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two copies of the shared signals of a tenant; the second one misses all changes, as after a lost connection. */
class SharedStateTest {
    private static final SignalKey COUNT = new SignalKey(Scope.route("/a b"), "count");

    private final Broker broker = Brokers.open("memory://" + UUID.randomUUID(), BrokerOptions.of("n"));
    private final List<SignalKey> changed = new CopyOnWriteArrayList<>();
    private final SharedState one = open(broker.store(), key -> {});
    private final DeafStore silent = new DeafStore(
            broker.store(), new AtomicInteger(), new AtomicReference<>(CompletableFuture.completedFuture(null)));
    private final SharedState deaf = open(silent, changed::add);

    private static SharedState open(Store store, Consumer<SignalKey> onChange) {
        SharedState state =
                new SharedState(Tenant.DEFAULT, store, new SharedBounds(10, 15), Platform.system(), onChange);
        state.open();
        return state;
    }

    /**
     * A store whose watch is silent.
     *
     * @param lists number of lists so far
     * @param gate on which a list waits
     */
    private record DeafStore(Store store, AtomicInteger lists, AtomicReference<CompletableFuture<@Nullable Void>> gate)
            implements Store {
        @Override
        public CompletionStage<Optional<Entry>> get(Key key) {
            return store.get(key);
        }

        @Override
        public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
            return store.put(key, value, expectedRevision, ttl);
        }

        @Override
        public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
            return store.remove(key, expectedRevision);
        }

        @Override
        public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
            lists.incrementAndGet();
            return Objects.requireNonNull(gate.get()).thenCompose(x -> store.list(tenant, kind));
        }

        @Override
        public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> listener) {
            return CompletableFuture.completedFuture(() -> {});
        }
    }

    private static String add(SharedState state) {
        return state.update(COUNT, old -> old == null ? "1" : Integer.toString(Integer.parseInt(old) + 1));
    }

    @AfterEach
    void close() {
        one.close();
        deaf.close();
        broker.close();
    }

    @Test
    void update_on_an_old_copy_loses_nothing() {
        assertThat(add(one)).isEqualTo("1");
        assertThat(add(one)).isEqualTo("2");
        assertThat(deaf.read(COUNT)).isNull();

        assertThat(add(deaf)).isEqualTo("3");
        assertThat(add(one)).isEqualTo("4");
        assertThat(add(deaf)).isEqualTo("5");
    }

    @Test
    void values_are_read_once_more_after_any_number_of_losses_during_a_reading() {
        CompletableFuture<@Nullable Void> gate = new CompletableFuture<>();
        silent.gate().set(gate);
        int before = silent.lists().get();
        for (int i = 0; i < 100; i++) {
            deaf.reloadLater();
        }
        await().until(() -> silent.lists().get() == before + 1);
        gate.complete(null);
        await().until(() -> silent.lists().get() == before + 2);

        deaf.reloadLater();
        await().until(() -> silent.lists().get() > before + 2);
        assertThat(silent.lists()).hasValue(before + 3);
    }

    @Test
    void copy_that_missed_changes_has_them_after_it_is_read_again() {
        String _ = add(one);
        deaf.reload();
        assertThat(deaf.read(COUNT)).isEqualTo("1");
        assertThat(changed).containsExactly(COUNT);

        assertThat(broker.store()
                        .remove(new Store.Key(Tenant.DEFAULT, "signal", "route:/a b count"), Store.ANY)
                        .toCompletableFuture()
                        .join())
                .isTrue();
        deaf.reload();

        assertThat(deaf.read(COUNT)).isNull();
        assertThat(deaf.size()).isZero();
        assertThat(add(deaf)).isEqualTo("1");
        assertThat(deaf.size()).isEqualTo(1);
    }

    @Test
    void values_are_bounded_each_and_in_total() {
        List<String> texts = new ArrayList<>();
        assertThatThrownBy(() -> one.update(COUNT, old -> "12345678901"))
                .hasMessageContaining("signal \"count\" of scope route:/a b")
                .hasMessageContaining("10 bytes per signal and 15 in total");
        assertThat(one.size()).as("a refused write leaves nothing").isZero();
        texts.add(one.update(COUNT, old -> "1234567890"));
        SignalKey other = new SignalKey(Scope.GLOBAL, "other");
        assertThatThrownBy(() -> one.update(other, old -> "123456")).hasMessageContaining("all shared signals 16");
        texts.add(one.update(COUNT, old -> "1"));
        texts.add(one.update(other, old -> "123456"));

        assertThat(texts).containsExactly("1234567890", "1", "123456");
    }
}
