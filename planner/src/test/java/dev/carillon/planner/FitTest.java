package dev.carillon.planner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.calibration.Cost;
import dev.carillon.planner.calibration.Fit;
import dev.carillon.planner.calibration.Measurement;
import dev.carillon.planner.workload.Machine;
import dev.carillon.planner.workload.ScopeMix;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Setup.BrokerKind;
import dev.carillon.planner.workload.Setup.ProxyKind;
import dev.carillon.planner.workload.Setup.Transport;
import dev.carillon.planner.workload.Workload;
import java.util.List;
import org.junit.jupiter.api.Test;

class FitTest {
    private static final Calibration MACHINE = Calibration.parse("a machine", """
            node.idle.ms-per-s = 12 12 12 measured 2026-12-01 a test
            event.us = 325 325 325 measured 2026-12-01 a test
            event.busy.us = 30 30 30 measured 2026-12-01 a test
            broadcast.us = 125 125 125 measured 2026-12-01 a test
            broadcast.busy.us = 30 30 30 measured 2026-12-01 a test
            write.sse.us = 3.5 3.5 3.5 measured 2026-12-01 a test
            write.websocket.us = 4 4 4 measured 2026-12-01 a test
            """);

    private static final List<Measurement> RUNS = List.of(
            run(false, 1_000, 1),
            run(false, 100, 100),
            run(false, 1_000, 20),
            run(false, 5_000, 4),
            run(true, 2_000, 10));

    @Test
    void a_fit_finds_the_costs_of_the_machine_that_made_the_runs() {
        Calibration fitted = Calibration.parse(
                "fitted", Fit.text(new Fit(Calibration.shipped(), RUNS).figures("2026-12-01", "a test"), "of a test"));

        for (Cost cost : List.of(Cost.NODE_IDLE, Cost.EVENT, Cost.APPEND, Cost.WRITE_SSE, Cost.WRITE_WEBSOCKET)) {
            assertThat(fitted.value(cost))
                    .as(cost.key())
                    .isCloseTo(MACHINE.value(cost), within(MACHINE.value(cost) * 0.03));
            assertThat(fitted.figure(cost).high()).isGreaterThan(fitted.value(cost));
        }
        assertThat(fitted.value(Cost.HEAP_SSE)).isEqualTo(2_500);
    }

    private static Measurement run(boolean webSocket, double connections, double broadcasts) {
        Workload workload = new Workload(
                connections,
                webSocket ? 1 : 0,
                100,
                ScopeMix.parse("global=100%", connections, 1, 1).flows(connections, 0, broadcasts),
                true);
        Setup setup = new Setup(
                Machine.parse("fitted", "64c/8g"), 1, 0, Transport.PLAIN, BrokerKind.MEMORY, ProxyKind.NONE, 5, 0.9, 0);
        NodeLoad load = new NodeModel(MACHINE, workload, setup, 0).load(1);
        double bytes = 100 + MACHINE.value(webSocket ? Cost.FRAME_WEBSOCKET : Cost.FRAME_SSE);
        return new Measurement(
                webSocket,
                connections,
                broadcasts,
                load.deliveries(),
                bytes,
                load.processor().total(),
                2_500);
    }
}
