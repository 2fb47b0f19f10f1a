package dev.carillon.page.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
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
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Changes of one signal by several threads of a node, on a store whose writes wait. */
class SharedWritesTest {
    private static final SignalKey COUNT = new SignalKey(Scope.GLOBAL, "count");

    private final Broker broker = Brokers.open("memory://" + UUID.randomUUID(), BrokerOptions.of("n"));
    private final AtomicInteger puts = new AtomicInteger();
    private final AtomicReference<CompletableFuture<@Nullable Void>> gate =
            new AtomicReference<>(new CompletableFuture<>());
    private final SharedState state = open(new WaitingStore(broker.store(), puts, gate));
    private final SharedState other = open(broker.store());

    private static SharedState open(Store store) {
        SharedState state =
                new SharedState(Tenant.DEFAULT, store, new SharedBounds(100, 100), Platform.system(), key -> {});
        state.open();
        return state;
    }

    /**
     * A store whose watch is silent, and whose writes begin when the gate of their call opens.
     *
     * @param puts number of calls
     */
    private record WaitingStore(
            Store store, AtomicInteger puts, AtomicReference<CompletableFuture<@Nullable Void>> gate) implements Store {
        @Override
        public CompletionStage<Optional<Entry>> get(Key key) {
            return store.get(key);
        }

        @Override
        public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
            puts.incrementAndGet();
            Supplier<CompletionStage<Optional<Long>>> put = () -> store.put(key, value, expectedRevision, ttl);
            return Objects.requireNonNull(gate.get()).thenCompose(x -> put.get());
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
            return CompletableFuture.completedFuture(() -> {});
        }
    }

    private static String add(SharedState to) {
        return to.update(COUNT, old -> old == null ? "1" : Integer.toString(Integer.parseInt(old) + 1));
    }

    private static final class Adding {
        final CompletableFuture<String> result = new CompletableFuture<>();
        final Thread thread;

        Adding(SharedState state) {
            thread = Thread.ofVirtual().start(() -> {
                try {
                    result.complete(add(state));
                } catch (Throwable e) {
                    result.completeExceptionally(e);
                }
            });
        }
    }

    /** Begins a change, and waits until it has been applied. */
    private Adding adding(int applied) {
        Adding adding = new Adding(state);
        await().until(() -> state.writers(COUNT) == applied && adding.thread.getState() == Thread.State.WAITING);
        return adding;
    }

    @AfterEach
    void close() {
        boolean _ = Objects.requireNonNull(gate.get()).complete(null);
        state.close();
        other.close();
        broker.close();
    }

    @Test
    void changes_that_come_during_a_write_are_one_write() {
        List<Adding> all = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            all.add(adding(i));
        }
        assertThat(puts).hasValue(1);

        Objects.requireNonNull(gate.get()).complete(null);

        assertThat(all.stream().map(one -> one.result.join())).containsExactly("1", "2", "3", "4", "5");
        assertThat(puts).hasValue(2);
        assertThat(state.read(COUNT)).isEqualTo("5");
    }

    @Test
    void changes_upon_a_refused_write_are_computed_again() {
        List<Adding> all = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            all.add(adding(i));
        }
        assertThat(add(other)).isEqualTo("1");

        Objects.requireNonNull(gate.get()).complete(null);

        assertThat(all.stream().map(one -> one.result.join())).containsExactlyInAnyOrder("2", "3", "4", "5", "6");
        assertThat(add(other)).isEqualTo("7");
    }

    @Test
    void interrupted_change_is_not_made_and_takes_no_other_with_it() {
        Adding first = adding(1);
        Adding second = adding(2);
        Adding third = adding(3);

        second.thread.interrupt();

        assertThatThrownBy(second.result::join)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOf(CarillonException.class);
        Objects.requireNonNull(gate.get()).complete(null);
        assertThat(first.result.join()).isEqualTo("1");
        assertThat(third.result.join()).isEqualTo("2");
        assertThat(add(other)).isEqualTo("3");
    }

    @Test
    void change_whose_write_fails_fails_and_the_next_ones_succeed() {
        Adding first = adding(1);
        Adding second = adding(2);
        CompletableFuture<@Nullable Void> failing = gate.getAndSet(CompletableFuture.completedFuture(null));

        failing.completeExceptionally(new CarillonException(ErrorCode.OVERLOADED, "the broker is full"));

        assertThatThrownBy(first.result::join).hasMessageContaining("the broker is full");
        assertThat(second.result.join()).isEqualTo("1");
        assertThat(add(state)).isEqualTo("2");
    }

    @Test
    void change_that_throws_leaves_the_others() {
        Adding first = adding(1);
        Adding second = adding(2);
        assertThatThrownBy(() -> state.update(COUNT, old -> {
                    throw new IllegalArgumentException("seen " + old);
                }))
                .hasMessage("seen 2");
        Objects.requireNonNull(gate.get()).complete(null);

        assertThat(first.result.join()).isEqualTo("1");
        assertThat(second.result.join()).isEqualTo("2");
        assertThat(puts).hasValue(2);
    }

    @Test
    void write_that_has_begun_does_not_keep_those_before_it() throws InterruptedException {
        SharedValue value = new SharedValue();
        SharedWrite first = value.change(old -> "1").write();
        assertThat(value.start(first)).isEqualTo("1");
        SharedWrite second = value.change(old -> old + "2").write();
        assertThat(second.previous).isSameAs(first);

        value.written(first, 1);
        assertThat(value.start(second)).isEqualTo("12");

        assertThat(second.previous).isNull();
    }
}
