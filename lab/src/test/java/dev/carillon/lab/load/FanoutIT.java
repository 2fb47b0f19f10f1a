package dev.carillon.lab.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.lab.LabException;
import dev.carillon.lab.load.FanoutPlan.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The load generator with a stub server that injects known faults. */
class FanoutIT {
    private static final int CLIENTS = 10;

    private final List<String> progress = new ArrayList<>();

    @ParameterizedTest
    @CsvSource({"SSE, false, 200", "SSE, true, 200", "WS, false, 200", "SSE, false, 0", "WS, false, 0"})
    void every_delivery_is_accounted_for(Protocol protocol, boolean gzip, double rate) throws Exception {
        try (StubServer server = new StubServer(StubServer.Fault.NONE)) {
            FanoutResult result = new Fanout(plan(server, protocol, 2, gzip, rate, 1), progress::add).run();

            assertThat(result.clean()).as(result.toString()).isTrue();
            assertThat(result.accounting().expected())
                    .isEqualTo(result.broadcasts().sent() * CLIENTS / 2);
            assertThat(result.accounting().received())
                    .isEqualTo(result.accounting().expected());
            assertThat(result.connections().compressed()).isEqualTo(gzip ? CLIENTS : 0);
            assertThat(result.broadcasts().acknowledged())
                    .isEqualTo(result.broadcasts().sent());
            assertThat(result.broadcasts().sent()).isGreaterThan(rate > 0 ? 150 : 10);
            assertThat(result.latency().count()).isPositive();
            assertThat(result.latency().p50Micros()).isPositive();
            assertThat(result.endedEarly()).isFalse();
            assertThat(progress).isNotEmpty();
        }
    }

    @Test
    void a_missing_event_is_found() throws Exception {
        FanoutResult result = with((client, number, data) -> client == 3 && number == 20 ? List.of() : List.of(data));

        assertThat(result.accounting().missing()).isEqualTo(1);
        assertThat(result.accounting().expected() - result.accounting().received())
                .isEqualTo(1);
        assertThat(result.clean()).isFalse();
    }

    @Test
    void a_missing_last_event_is_found() throws Exception {
        FanoutResult result = with((client, number, data) -> client == 3 && number >= 195 ? List.of() : List.of(data));

        assertThat(result.accounting().missing()).isEqualTo(6);
        assertThat(result.clean()).isFalse();
    }

    @Test
    void a_duplicate_event_is_found() throws Exception {
        FanoutResult result =
                with((client, number, data) -> client == 3 && number == 20 ? List.of(data, data) : List.of(data));

        assertThat(result.accounting().duplicates()).isEqualTo(1);
        assertThat(result.accounting().missing()).isZero();
        assertThat(result.clean()).isFalse();
    }

    @Test
    void a_reordered_event_is_found() throws Exception {
        String[] held = new String[1];
        // With one publisher connection, its order is the order of all events.
        FanoutResult result = with((client, number, data) -> {
            if (client == 3 && number == 20) {
                held[0] = data;
                return List.of();
            }
            return client == 3 && number == 21 ? List.of(data, held[0]) : List.of(data);
        });

        assertThat(result.accounting().outOfOrder()).isEqualTo(1);
        assertThat(result.accounting().differingOrder()).isEqualTo(1);
        assertThat(result.accounting().missing()).isZero();
        assertThat(result.accounting().duplicates()).isZero();
        assertThat(result.clean()).isFalse();
    }

    @Test
    void a_pause_of_a_second_counts_in_the_latency_of_all_events_that_were_due_meanwhile() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        StubServer.Fault pauses = (client, number, data) -> {
            if (client == 0 && number == 100) {
                wait(never);
            }
            return List.of(data);
        };
        try (StubServer server = new StubServer(pauses)) {
            // With one broadcast in flight no other is sent during the pause, although 100 are due.
            FanoutResult result = new Fanout(plan(server, Protocol.SSE, 1, false, 100, 1, 3), progress::add).run();

            assertThat(result.clean()).isTrue();
            assertThat(result.broadcasts().sent()).isEqualTo(300);
            // A third of all events was due during the pause and waited for half of it on average.
            assertThat(result.latency().p90Micros()).isGreaterThan(550_000);
            assertThat(result.latency().p99Micros()).isGreaterThan(900_000);
            assertThat(result.latency().p50Micros()).isLessThan(result.latency().p90Micros() / 2);
            assertThat(result.generator().lateP99Micros())
                    .isLessThan(result.latency().p90Micros());
        }
    }

    private static void wait(CountDownLatch never) {
        try {
            assertThat(never.await(1, TimeUnit.SECONDS)).isFalse();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void a_busy_load_generator_marks_its_run_invalid() throws Exception {
        try (StubServer server = new StubServer(StubServer.Fault.NONE)) {
            FanoutPlan plan = plan(server, Protocol.SSE, 1, false, 400, 1, 1);

            FanoutResult result = new Fanout(plan, progress::add, FanoutIT::spin).run();

            assertThat(result.generator().readersBusy()).isGreaterThan(0.85);
            assertThat(result.valid()).isFalse();
            assertThat(result.invalidBecause()).anyMatch(why -> why.contains("reader thread was busy"));
        }
    }

    /** Ten times the interval between events. */
    private static void spin() {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(25);
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    @Test
    void a_run_that_is_ended_early_has_a_result() throws Exception {
        try (StubServer server = new StubServer(StubServer.Fault.NONE)) {
            Fanout[] fanout = new Fanout[1];
            fanout[0] = new Fanout(plan(server, Protocol.SSE, 1, false, 100, 1, 600), line -> fanout[0].endEarly());

            FanoutResult result = fanout[0].run();

            assertThat(result.endedEarly()).isTrue();
            assertThat(result.clean()).isTrue();
            assertThat(result.accounting().received()).isPositive();
            assertThat(result.throughput().seconds()).isLessThan(300);
        }
    }

    @Test
    void an_unreachable_node_is_named() throws Exception {
        StubServer server = new StubServer(StubServer.Fault.NONE);
        FanoutPlan plan = plan(server, Protocol.SSE, 1, false, 100, 1);
        server.close();

        assertThatThrownBy(() -> new Fanout(plan, progress::add).run())
                .isInstanceOf(LabException.class)
                .hasMessageStartingWith("only 0 of 10 connections could be opened: "
                        + plan.listening().urls() + ": Connection refused");
    }

    private FanoutResult with(StubServer.Fault fault) throws Exception {
        try (StubServer server = new StubServer(fault)) {
            FanoutResult result = new Fanout(plan(server, Protocol.SSE, 1, false, 200, 1), progress::add).run();
            assertThat(result.broadcasts().sent()).isEqualTo(200);
            return result;
        }
    }

    private static FanoutPlan plan(
            StubServer server, Protocol protocol, int topics, boolean gzip, double rate, int window) {
        return plan(server, protocol, topics, gzip, rate, window, 1);
    }

    private static FanoutPlan plan(
            StubServer server, Protocol protocol, int topics, boolean gzip, double rate, int window, int seconds) {
        return new FanoutPlan(
                new FanoutPlan.Listening(protocol, List.of(server.address()), CLIENTS, 0, topics, gzip, 2, 2, null),
                new FanoutPlan.Broadcasting(120, rate, window, 0, "token"),
                new FanoutPlan.Length(0, seconds),
                new FanoutPlan.Monitored(List.of(), false, null));
    }
}
