package dev.carillon.broker.memory;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerContract;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.Store;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryBrokerTest extends BrokerContract {
    @Override
    protected Broker open(BrokerOptions options) {
        return Brokers.open("memory://contract", options);
    }

    /** A blocking listener blocks the server's only thread. */
    @Override
    protected AutoCloseable stall() {
        CountDownLatch released = new CountDownLatch(1);
        Scope scope = Scope.topic("stall");
        Broker broker = closing(open(BrokerOptions.of("stalling")));
        broker.channel().listen(live -> {
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        get(broker.channel().join(List.of(Interest.in(tenant, scope))));
        CompletionStage<Appended> _ = broker.channel().broadcast(event("stall", scope));
        return released::countDown;
    }

    @Test
    void disconnected_node_misses_events_and_is_notified_of_possible_loss() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, A);
        get(((MemoryBroker) one.broker()).disconnect());
        broadcast(two, "missed", A);
        assertThatThrownBy(() -> broadcast(one, "never", A)).isInstanceOf(BrokerUnavailableException.class);
        get(((MemoryBroker) one.broker()).reconnect());
        broadcast(two, "seen", A);

        awaitEvents(1, one);
        assertThat(one.data()).containsExactly("seen");
        assertThat(one.health().getLast()).isInstanceOf(HealthEvent.PossibleLoss.class);
        assertThat(readAll(two, List.of(), dev.carillon.scope.Position.NONE)).containsExactly("missed", "seen");
    }

    @Test
    void times_and_expiry_follow_the_injected_clocks() {
        AtomicLong nanos = new AtomicLong();
        Platform platform =
                Platform.system().clock(() -> Instant.ofEpochMilli(4_000)).nanoTime(nanos::get);
        Broker broker =
                closing(Brokers.open(BrokerAddress.parse("memory://given-clocks"), BrokerOptions.of("n"), platform));
        Store.Key key = new Store.Key(tenant, "kind", "name");

        assertThat(get(broker.channel().broadcast(event("now", A), Idempotency.BY_ID))
                        .at()
                        .atMillis())
                .isEqualTo(4_000);
        get(broker.store().put(key, new byte[1], Store.ANY, Duration.ofHours(1)));
        nanos.set(Duration.ofHours(1).toNanos() - 1);
        assertThat(get(broker.store().get(key))).isPresent();
        nanos.set(Duration.ofHours(1).toNanos());
        assertThat(get(broker.store().get(key))).isEmpty();
    }

    @Test
    void unknown_scheme_is_refused_with_the_known_ones() {
        assertThatThrownBy(() -> Brokers.open("kafka://x:1", BrokerOptions.of("n")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("kafka://x:1")
                .hasMessageContaining("memory");
    }

    @ParameterizedTest
    @CsvSource({
        "kafka://me:SECRET@x:1, kafka://(hidden)@x:1",
        "redis://user:SECRET/x@HOST, redis:(hidden)",
        "redis://user:12SECRET/x@HOST, redis:(hidden)",
        "redis://user:1234/SECRET@HOST, redis:(hidden)",
        "redis://:p@SECRET@HOST, redis:(hidden)",
        "redis:u:SECRET@HOST, redis:(hidden)",
        "redis://u:SEC#RET@HOST, redis:(hidden)",
        "redis://u:12?SECRET@HOST, redis:(hidden)",
        "redis://u:SEC%RET@HOST, redis:(hidden)",
        "redis://u:SEC RET@HOST, redis:(hidden)",
        "nats://user:SECRET/x@HOST, nats:(hidden)",
        "nats://SECRET/x@HOST, nats:(hidden)",
        "nats:SECRET@HOST, nats:(hidden)",
        "SECRET@HOST:4222, (hidden)",
        "//SECRET@HOST, (hidden)",
        "kafka://host:1/0?password=SECRET, kafka://host:1/0?(hidden)",
    })
    void address_in_an_error_shows_no_password(String address, String shown) {
        assertThatThrownBy(() -> Brokers.open(address, BrokerOptions.of("n")))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("broker: " + shown + ": ")
                .hasMessageNotContaining("SEC")
                .hasMessageNotContaining("RET@");
    }
}
