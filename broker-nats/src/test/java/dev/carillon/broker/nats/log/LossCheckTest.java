package dev.carillon.broker.nats.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.Platform;
import dev.carillon.base.Threads;
import dev.carillon.base.TimeLimit;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import io.nats.client.Connection;
import io.nats.client.impl.NatsMessage;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A log of a server whose answers are made up here; time passes only while the check pauses. */
class LossCheckTest {
    private static final Tenant TENANT = new Tenant("a");
    private static final Position KNOWN = new Position(1, 150, 1_150);
    private static final TenantLog LOG = new TenantLog(TENANT, 1, Epochs.NONE, "2026-11-29T00:00:00Z", "s1");

    private final AtomicLong nanos = new AtomicLong();
    private final LastSeen seen = new LastSeen(true);
    private final LossCheck check = new LossCheck(seen, platform());
    private final NatsApi api = new NatsApi(
            connection(), new TimeLimit(Duration.ofSeconds(1), Platform.system().timer()), 3);

    private long last = 150;
    private long storedAt = KNOWN.atMillis();

    @Test
    void log_with_the_event_passes_and_the_next_event_is_noted() {
        seen.received(TENANT, KNOWN);
        seen.suspectAll();

        assertThat(check.lost(api, LOG)).isFalse();
        seen.received(TENANT, new Position(1, 151, 1_151));
        assertThat(seen.sequence(TENANT, 1)).isEqualTo(151);
    }

    @Test
    void other_event_with_the_sequence_is_a_loss_at_once() {
        seen.received(TENANT, KNOWN);
        storedAt = 2_000;

        assertThat(check.lost(api, LOG)).isTrue();
        assertThat(nanos.get()).isZero();
    }

    @Test
    void log_without_the_event_is_refused_for_five_seconds_before_it_counts_as_lost() {
        seen.received(TENANT, KNOWN);
        last = 149;

        assertThatThrownBy(() -> check.lost(api, LOG)).isInstanceOf(BrokerUnavailableException.class);
        assertThat(seconds()).isEqualTo(1);
        nanos.set(Duration.ofMillis(3_900).toNanos());
        assertThatThrownBy(() -> check.lost(api, LOG)).isInstanceOf(BrokerUnavailableException.class);
        assertThat(check.lost(api, LOG)).isTrue();
        assertThat(seconds()).isBetween(5L, 6L);
    }

    @Test
    void event_that_appears_in_time_is_no_loss() {
        seen.received(TENANT, KNOWN);
        last = 149;
        assertThatThrownBy(() -> check.lost(api, LOG)).isInstanceOf(BrokerUnavailableException.class);
        assertThat(seen.unresolved(TENANT)).isTrue();
        last = 150;

        assertThat(check.lost(api, LOG)).isFalse();
        assertThat(seen.unresolved(TENANT)).isFalse();
    }

    private long seconds() {
        return Duration.ofNanos(nanos.get()).toSeconds();
    }

    private Platform platform() {
        Platform real = Platform.system();
        Threads threads = (Threads) Proxy.newProxyInstance(
                LossCheckTest.class.getClassLoader(), new Class<?>[] {Threads.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("pause")) {
                        nanos.addAndGet(((Duration) arguments[0]).toNanos());
                        return null;
                    }
                    throw new UnsupportedOperationException(method.getName());
                });
        return new Platform(real.clock(), nanos::get, real.random(), real.secureRandom(), real.timer(), threads);
    }

    private Connection connection() {
        return (Connection) Proxy.newProxyInstance(
                LossCheckTest.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("requestWithTimeout")) {
                        String json = arguments[0].toString().contains("MSG.GET") ? message() : info();
                        return CompletableFuture.completedFuture(NatsMessage.builder()
                                .subject("inbox")
                                .data(json)
                                .build());
                    }
                    throw new UnsupportedOperationException(method.getName());
                });
    }

    private String info() {
        return "{\"config\":{\"name\":\"" + LOG.stream() + "\",\"num_replicas\":3},\"created\":\"" + LOG.created()
                + "\",\"ts\":\"2026-11-29T00:00:01Z\",\"cluster\":{\"name\":\"c\",\"leader\":\"s1\"}"
                + ",\"state\":{\"messages\":" + last + ",\"bytes\":1,\"first_seq\":1,\"last_seq\":" + last
                + ",\"consumer_count\":0}}";
    }

    private String message() {
        return "{\"message\":{\"subject\":\"" + Subjects.log(TENANT, 1, "k") + "\",\"seq\":" + KNOWN.sequence()
                + ",\"data\":\"\",\"time\":\"" + Instant.ofEpochMilli(storedAt) + "\"}}";
    }
}
