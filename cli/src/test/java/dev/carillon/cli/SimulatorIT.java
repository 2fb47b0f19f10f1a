package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The simulator against real runs. docs/capacity.md has the table of these figures; the bounds here are wide, for other machines. */
@Tag("full")
@Tag("process")
@Tag("redis")
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class SimulatorIT {
    private static final int CLIENTS = 900;
    private static final int RATE = 20;
    private static final Duration WARM_UP = Duration.ofSeconds(30);

    @Test
    void a_steady_cluster_uses_what_was_simulated() throws Exception {
        try (SimulatedRun run = new SimulatedRun(CLIENTS, RATE)) {
            run.warmUp(WARM_UP);

            SimulatedRun.Observed real = run.observe(_ -> {}, Duration.ofSeconds(20));

            assertThat(run.refused()).isZero();
            JsonNode simulated = simulate("steady");
            print("steady", real, simulated);
            assertThat(real.mostWaiting()).isZero();
            assertThat(ratio(real.processors(), processors(simulated))).isBetween(0.3, 3.0);
        }
    }

    @Test
    void clients_of_a_killed_node_are_back_when_the_simulation_says() throws Exception {
        try (SimulatedRun run = new SimulatedRun(CLIENTS, RATE)) {
            run.warmUp(WARM_UP);

            SimulatedRun.Observed real = run.observe(nodes -> nodes.kill(0), Duration.ofSeconds(20));

            assertThat(run.refused()).isZero();
            JsonNode simulated = simulate("node-killed");
            print("node killed", real, simulated);
            assertThat(ratio(real.mostWaiting(), simulated.path("mostWaiting").asDouble()))
                    .isBetween(0.5, 2.0);
            assertThat(real.untilBackSeconds())
                    .isLessThan(4 * simulated.path("untilBackSeconds").asDouble());
        }
    }

    @Test
    void a_rolling_restart_leaves_the_clients_where_the_simulation_says() throws Exception {
        try (SimulatedRun run = new SimulatedRun(CLIENTS, RATE)) {
            run.warmUp(WARM_UP);

            SimulatedRun.Observed real = run.observe(
                    nodes -> {
                        for (int node = 0; node < SimulatedRun.NODES; node++) {
                            nodes.stop(node);
                            nodes.start(node);
                        }
                    },
                    Duration.ofSeconds(20));

            assertThat(run.refused()).isZero();
            JsonNode simulated = simulate("rolling-deploy");
            print("rolling restart", real, simulated);
            assertThat(real.mostWaiting()).isLessThanOrEqualTo(CLIENTS / 2);
            assertThat(ratio(real.fullestNode(), simulated.path("fullestNode").asDouble()))
                    .isBetween(0.5, 2.0);
        }
    }

    private static double ratio(double real, double simulated) {
        return real / simulated;
    }

    /** Of all nodes together. */
    private static double processors(JsonNode simulated) {
        double sum = 0;
        for (JsonNode sample : simulated.path("samples")) {
            sum += sample.path("mean").asDouble();
        }
        return sum / simulated.path("samples").size() * 2 * SimulatedRun.NODES;
    }

    /** As the command does, for machines of two processors. */
    private static JsonNode simulate(String scenario) throws IOException {
        CommandRun run = CommandRun.of(("plan --json --connections " + CLIENTS + " --broadcasts " + RATE
                        + "/s --payload 64B --even --nodes " + SimulatedRun.NODES
                        + " --spare 1 --machine 2c/8g/10gbit --transport plain --proxy haproxy --broker redis"
                        + " --reconnect 2.5s --p99 5s --simulate " + scenario)
                .split(" "));
        assertThat(run.status()).as(run.err()).isZero();
        return JsonMapper.builder().build().readTree(run.out()).path("simulation");
    }

    private static void print(String name, SimulatedRun.Observed real, JsonNode simulated) {
        System.out.printf(
                Locale.ROOT,
                "%s: processors %.3f, simulated %.3f; p99 %.1f ms, simulated %.1f ms; without a stream %d, simulated %.0f; "
                        + "back after %.1f s, simulated %.1f s; fullest node %.2f, simulated %.2f%n",
                name,
                real.processors(),
                processors(simulated),
                real.p99Millis(),
                simulated.path("worstP99Seconds").asDouble() * 1e3,
                real.mostWaiting(),
                simulated.path("mostWaiting").asDouble(),
                real.untilBackSeconds(),
                simulated.path("untilBackSeconds").asDouble(),
                real.fullestNode(),
                simulated.path("fullestNode").asDouble());
    }
}
