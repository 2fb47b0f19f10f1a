package dev.carillon.source.intake;

import static dev.carillon.source.intake.TestSource.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.broadcast.BroadcastLog;
import dev.carillon.broadcast.BroadcastTrace;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.scope.Position;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import dev.carillon.source.SourceMessage;
import dev.carillon.source.SourceRefusedException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IntakeTest {
    private final Broker broker = Brokers.open("memory://intake-test", PatientOptions.of("n"));
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final TestSource session = new TestSource();
    private final List<SourceState> states = new ArrayList<>();
    private int refusals;
    private int pauses;
    private int maxPauses = 100;

    private final Broadcaster broadcaster = new Broadcaster(
            broker,
            (event, id) -> {},
            ScopePolicies.parse(List.of()),
            (tenant, bytes) -> {
                if (refusals > 0) {
                    refusals--;
                    throw new CarillonException(ErrorCode.RATE_LIMITED, "too many");
                }
            },
            registry,
            Platform.system().secureRandom(),
            BroadcastTrace.OFF,
            BroadcastLog.NONE);

    private final Holding holding = new Holding() {
        @Override
        public boolean goesOn() {
            return pauses < maxPauses;
        }

        @Override
        public boolean pause(Duration length) {
            pauses++;
            return goesOn();
        }
    };

    @AfterEach
    void close() {
        broker.close();
    }

    private boolean take(String query, SourceMessage... messages) throws Exception {
        SourceConfig config = session.configOf(query);
        SourceMetrics metrics = new SourceMetrics(
                config.name(),
                registry,
                () -> new SourceStatus(config.name(), new SourceState.Consuming(), OptionalLong.empty()));
        return new Intake(config, broadcaster, broker.log(), metrics, states::add)
                .take(List.of(messages), 100_000, session, "s", holding);
    }

    private List<String> log() {
        return broker
                .log()
                .read(Tenant.DEFAULT, List.of(), Position.NONE, 1_000)
                .toCompletableFuture()
                .join()
                .events()
                .stream()
                .map(live -> live.event().data())
                .toList();
    }

    private double count(String outcome) {
        return registry.get("carillon.source.messages").tag("outcome", outcome).counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    @Test
    void messages_are_acknowledged_in_order_when_they_are_in_the_log() throws Exception {
        assertThat(take("queue=x", message(1, "a", "1"), message(2, "b", "2"), message(3, "a", "1")))
                .isTrue();

        assertThat(log()).containsExactly("1", "2");
        assertThat(session.acknowledged).containsExactly(1L, 2L, 3L);
        assertThat(count("appended")).isEqualTo(3);
    }

    @Test
    void poison_is_put_aside_between_the_messages_before_and_after_it() throws Exception {
        assertThat(take(
                        "queue=x",
                        message(1, "a", "1"),
                        message(2, "b", "{\"scope\":\"nowhere\"}"),
                        message(3, "c", "3"),
                        // The id of another event: refused by the log, not by its form.
                        message(4, "a", "other"),
                        message(5, "d", "5")))
                .isTrue();

        assertThat(log()).containsExactly("1", "3", "5");
        assertThat(session.dead).containsOnlyKeys(2L, 4L);
        assertThat(session.dead.get(4L)).contains("was used for another event");
        assertThat(session.acknowledged).containsExactly(1L, 3L, 5L);
        assertThat(count("dead")).isEqualTo(2);
    }

    @Test
    void system_scope_is_for_operators() throws Exception {
        assertThat(take("queue=x", message(1, "a", "{\"scope\":\"system\",\"data\":\"x\"}")))
                .isTrue();

        assertThat(session.dead.get(1L)).contains("only operators");
    }

    @Test
    void poison_is_dropped_or_stops_the_source_as_configured() throws Exception {
        SourceMessage poison = message(2, "b", "{\"scope\":\"nowhere\"}");

        assertThat(take("poison=drop", message(1, "a", "1"), poison)).isTrue();
        assertThat(session.acknowledged).containsExactly(1L, 2L);
        assertThat(count("dropped")).isEqualTo(1);

        assertThatThrownBy(() -> take("poison=stop", message(3, "c", "3"), poison, message(4, "d", "4")))
                .isInstanceOf(SourceRefusedException.class)
                .hasMessageContaining("message \"b\"");
        assertThat(session.acknowledged).containsExactly(1L, 2L, 3L);
        assertThat(log()).containsExactly("1", "3");
    }

    @Test
    void temporary_refusal_is_repeated_and_keeps_the_order() throws Exception {
        refusals = 2;

        assertThat(take("queue=x", message(1, "a", "1"), message(2, "b", "2"))).isTrue();

        assertThat(pauses).isEqualTo(2);
        assertThat(log()).containsExactly("1", "2");
        assertThat(session.dead).isEmpty();
        assertThat(states)
                .containsExactly(
                        new SourceState.Waiting("too many"),
                        new SourceState.Waiting("too many"),
                        new SourceState.Consuming());
        assertThat(registry.get("carillon.source.retries").counter().count()).isEqualTo(2);
    }

    @Test
    void nothing_is_acknowledged_by_a_node_that_may_not_go_on() throws Exception {
        refusals = 100;
        maxPauses = 3;

        assertThat(take("queue=x", message(1, "a", "1"))).isFalse();

        assertThat(session.acknowledged).isEmpty();
        assertThat(log()).isEmpty();
    }

    @Test
    void redelivered_message_whose_event_the_log_has_is_not_appended_again() throws Exception {
        // With another key, as if the log had forgotten the first one.
        assertThat(take("name=before", message(1, "a", "1"))).isTrue();
        SourceMessage again = new SourceMessage(2, "a", "orders", Map.of(), new byte[] {'1'}, null, true);

        assertThat(take("name=after", again, message(3, "b", "2"))).isTrue();

        assertThat(log()).containsExactly("1", "2");
        assertThat(session.acknowledged).containsExactly(1L, 2L, 3L);
        assertThat(count("repeated")).isEqualTo(1);
    }

    @Test
    void stale_messages_are_dropped_and_counted() throws Exception {
        SourceMessage old =
                new SourceMessage(1, "a", "orders", Map.of(), new byte[] {'1'}, Instant.ofEpochMilli(30_000), false);
        SourceMessage young =
                new SourceMessage(2, "b", "orders", Map.of(), new byte[] {'2'}, Instant.ofEpochMilli(50_000), false);

        assertThat(take("max-age=1m", old, young, message(3, "c", "3"))).isTrue();

        assertThat(log()).containsExactly("2", "3");
        assertThat(session.acknowledged).containsExactly(1L, 2L, 3L);
        assertThat(count("stale")).isEqualTo(1);
    }
}
