package dev.carillon.planner.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.carillon.planner.Plan;
import dev.carillon.planner.Plans;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SimulationTest {
    private static final double CONNECTIONS = 500_000;

    private static final Plan PLAN =
            Plans.PLANNER.plan(Plans.workload(CONNECTIONS, 2, "topic@1000=100%"), Plans.setup("8c/16g/10gbit", 1));

    @ParameterizedTest
    @EnumSource(Scenario.class)
    void the_same_seed_gives_the_same_run(Scenario scenario) {
        SimulationResult one = new Simulation(PLAN, scenario, 7).run();

        assertThat(new Simulation(PLAN, scenario, 7).run()).isEqualTo(one);
        assertThat(one.samples()).hasSizeGreaterThan(100);
    }

    @Test
    void another_seed_gives_another_run() {
        assertThat(new Simulation(PLAN, Scenario.NODE_KILLED, 2).run())
                .isNotEqualTo(new Simulation(PLAN, Scenario.NODE_KILLED, 1).run());
    }

    @ParameterizedTest
    @EnumSource(Scenario.class)
    void every_client_is_connected_or_waiting_at_every_moment(Scenario scenario) {
        SimulationResult result = new Simulation(PLAN, scenario, 1).run();

        assertThat(result.samples())
                .allSatisfy(sample ->
                        assertThat(sample.connected() + sample.waiting()).isGreaterThan(CONNECTIONS - 1));
        assertThat(result.samples().getLast().connected()).isCloseTo(CONNECTIONS, within(1.0));
        assertThat(result.samples().getLast().waiting()).isLessThan(1);
    }

    @Test
    void clients_of_a_killed_node_are_back_soon_after_the_reconnect_time() {
        SimulationResult result = new Simulation(PLAN, Scenario.NODE_KILLED, 1).run();

        assertThat(result.mostWaiting()).isCloseTo(CONNECTIONS / PLAN.nodes(), within(CONNECTIONS / PLAN.nodes() / 10));
        assertThat(result.secondsUntilBack())
                .isBetween(PLAN.setup().reconnectSeconds() * 0.9, PLAN.setup().reconnectSeconds() * 2);
        assertThat(result.peak()).isGreaterThan(PLAN.normal().utilisation());
    }

    @Test
    void a_steady_run_has_the_delivery_time_of_the_plan() {
        SimulationResult result = new Simulation(PLAN, Scenario.STEADY, 1).run();

        assertThat(result.worstP99())
                .isCloseTo(PLAN.normal().p99Seconds(), within(PLAN.normal().p99Seconds() * 0.1));
        assertThat(result.mostWaiting()).isZero();
    }

    @Test
    void nothing_is_delivered_while_the_broker_is_away_and_late_events_follow() {
        SimulationResult result = new Simulation(PLAN, Scenario.BROKER_OUTAGE, 1).run();

        assertThat(result.samples()).anyMatch(sample -> Double.isNaN(sample.p99Seconds()));
        assertThat(result.worstP99()).isGreaterThan(5);
        assertThat(result.samples().getLast().p99Seconds()).isLessThan(1);
        assertThat(result.mostWaiting()).isZero();
    }

    @Test
    void a_thousand_nodes_with_fifty_million_connections_are_simulated() {
        SimulationResult result = new Simulation(huge(), Scenario.NODE_KILLED, 1).run();

        assertThat(result.mostWaiting()).isCloseTo(50_000, within(5_000.0));
        assertThat(result.secondsUntilBack()).isLessThan(30);
    }

    @Test
    @Tag("full")
    void a_rolling_deploy_of_a_thousand_nodes_brings_every_client_back() {
        SimulationResult result = new Simulation(huge(), Scenario.ROLLING_DEPLOY, 1).run();

        assertThat(result.samples().getLast().waiting()).isLessThan(1);
        assertThat(result.largestShare()).isGreaterThan(1);
    }

    private static Plan huge() {
        return Plans.PLANNER.plan(
                Plans.workload(50_000_000, 0.2, "global=100%"), Plans.setup("8c/16g/10gbit", 1), 1_000);
    }
}
