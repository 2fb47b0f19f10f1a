package dev.carillon.page.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Store;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Writes of one signal by two nodes, one of which loses answers of the store. */
class SharedPutTest {
    private static final SignalKey COUNT = new SignalKey(Scope.GLOBAL, "count");

    private final Broker broker = Brokers.open("memory://" + UUID.randomUUID(), BrokerOptions.of("n"));
    private final LossyStore lossy = new LossyStore(broker.store());
    private final AtomicLong nanos = new AtomicLong();
    private final SharedState state = open(lossy);
    private final SharedState other = open(broker.store());

    /** What happens to a call of the store. */
    private enum Loss {
        CALL,
        ANSWER
    }

    private SharedState open(Store store) {
        SharedState opened = new SharedState(
                Tenant.DEFAULT,
                store,
                new SharedBounds(100, 100),
                Platform.system().nanoTime(nanos::get),
                key -> {});
        opened.open();
        return opened;
    }

    private static final class LossyStore implements Store {
        private final Store store;
        private final Queue<Loss> puts = new ArrayDeque<>();
        private final Queue<Loss> gets = new ArrayDeque<>();
        /** Happens before each get. */
        private Runnable meanwhile = () -> {};

        private int putCalls;

        LossyStore(Store store) {
            this.store = store;
        }

        private static <T> CompletionStage<T> lost(CompletionStage<T> answer, Queue<Loss> losses) {
            return losses.poll() == null
                    ? answer
                    : answer.thenCompose(x -> CompletableFuture.failedFuture(unavailable()));
        }

        private static BrokerUnavailableException unavailable() {
            return new BrokerUnavailableException("Redis went away", new IllegalStateException());
        }

        @Override
        public synchronized CompletionStage<Optional<Entry>> get(Key key) {
            meanwhile.run();
            return lost(store.get(key), gets);
        }

        @Override
        public synchronized CompletionStage<Optional<Long>> put(
                Key key, byte[] value, long expectedRevision, Duration ttl) {
            putCalls++;
            if (puts.peek() == Loss.CALL) {
                Loss _ = puts.remove();
                return CompletableFuture.failedFuture(unavailable());
            }
            return lost(store.put(key, value, expectedRevision, ttl), puts);
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

    private static String add(SharedState to) {
        return to.update(COUNT, old -> old == null ? "1" : Integer.toString(Integer.parseInt(old) + 1));
    }

    @AfterEach
    void close() {
        state.close();
        other.close();
        broker.close();
    }

    @Test
    void write_takes_effect_once_when_its_answer_is_lost() {
        lossy.puts.add(Loss.ANSWER);
        assertThat(add(state)).isEqualTo("1");
        lossy.puts.add(Loss.ANSWER);
        lossy.gets.add(Loss.ANSWER);
        lossy.gets.add(Loss.ANSWER);
        assertThat(add(state)).isEqualTo("2");

        assertThat(add(other)).isEqualTo("3");
        assertThat(lossy.putCalls).isEqualTo(2);
    }

    @Test
    void write_that_never_reached_the_store_is_tried_again() {
        lossy.puts.addAll(List.of(Loss.CALL, Loss.CALL));
        assertThat(add(state)).isEqualTo("1");
        lossy.puts.addAll(List.of(Loss.CALL, Loss.ANSWER));
        assertThat(add(state)).isEqualTo("2");

        assertThat(add(other)).isEqualTo("3");
    }

    @Test
    void write_whose_answer_is_lost_is_recognised_below_those_of_other_nodes() {
        assertThat(add(state)).isEqualTo("1");
        lossy.puts.add(Loss.ANSWER);
        lossy.meanwhile = () -> {
            String _ = add(other);
        };

        assertThat(add(state)).isEqualTo("2");

        lossy.meanwhile = () -> {};
        assertThat(state.read(COUNT)).isEqualTo("3");
        assertThat(add(state)).isEqualTo("4");
        assertThat(add(other)).isEqualTo("5");
    }

    @Test
    void write_that_was_lost_while_another_node_was_faster_is_computed_again() {
        assertThat(add(state)).isEqualTo("1");
        lossy.puts.add(Loss.CALL);
        lossy.meanwhile = () -> {
            lossy.meanwhile = () -> {};
            String _ = add(other);
        };

        assertThat(add(state)).isEqualTo("3");
        assertThat(add(other)).isEqualTo("4");
    }

    @Test
    void write_fails_as_the_store_did_when_the_store_stays_away() {
        lossy.puts.add(Loss.CALL);
        lossy.meanwhile = () -> {
            lossy.gets.add(Loss.ANSWER);
            long _ = nanos.addAndGet(SharedPut.LIMIT.toNanos() / 3);
        };

        assertThatThrownBy(() -> add(state)).hasMessage("Redis went away");

        assertThat(nanos).hasValue(SharedPut.LIMIT.toNanos());
        lossy.meanwhile = () -> {};
        assertThat(add(state)).isEqualTo("1");
    }
}
