package dev.carillon.planner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.carillon.planner.base.PlanException;
import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.calibration.Cost;
import dev.carillon.planner.workload.Machine;
import dev.carillon.planner.workload.ScopeMix;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Setup.BrokerKind;
import dev.carillon.planner.workload.Setup.ProxyKind;
import dev.carillon.planner.workload.Setup.Transport;
import dev.carillon.planner.workload.Workload;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlannerTest {
    @ParameterizedTest
    @CsvSource({
        "1200, 10, global=100%, 2c/4g",
        "50000, 0.5, 'topic@125=70%,user=30%', 4c/8g",
        "500000, 2, topic@1000=100%, 8c/16g/10gbit",
        "2000000, 0.2, 'global=50%,topic@10000=50%', 8c/16g/10gbit",
        "3000000, 0, global=100%, 4c/4g"
    })
    void a_plan_is_the_smallest_cluster_that_keeps_every_limit(
            double connections, double rate, String mix, String machine) {
        Workload workload = Plans.workload(connections, rate, mix);
        Plan plan = Plans.PLANNER.plan(workload, Plans.setup(machine, 1));

        assertThat(plan.used().values()).allMatch(share -> share <= 1);
        assertThat(plan.needed()).isEqualTo(plan.nodes() - 1);
        if (plan.needed() > 1) {
            assertThat(new Sizing(Calibration.shipped(), workload, Plans.setup(machine, 1)).used(plan.needed() - 1))
                    .containsValue(plan.oneLess())
                    .anySatisfy((limit, share) -> assertThat(share).isGreaterThan(1));
            assertThatThrownBy(() -> Plans.PLANNER.plan(workload, Plans.setup(machine, 1), plan.nodes() - 1))
                    .isInstanceOf(PlanException.class)
                    .hasMessageContaining("at least " + plan.nodes() + " nodes");
        }
        assertThat(plan.confidence().lowest()).isLessThanOrEqualTo(plan.nodes());
        assertThat(plan.confidence().highest()).isGreaterThanOrEqualTo(plan.nodes());
    }

    /** Runs of {@code bench fanout} in docs/capacity.md; the first four are those from which costs were fitted. */
    @ParameterizedTest
    @CsvSource({
        "2, 600, topic@200=100%, 10, 100, 0, 0.079",
        "1, 1000, global=100%, 20, 100, 0, 0.171",
        "1, 1000, global=100%, 1, 100, 0, 0.028",
        "2, 1000, topic@10=100%, 200, 100, 0, 0.319",
        "1, 5000, global=100%, 2, 100, 0, 0.105",
        "1, 2000, global=100%, 10, 100, 1, 0.169",
        "1, 5000, global=100%, 10, 100, 0, 0.378",
        "1, 8000, global=100%, 8, 1000, 0, 0.508"
    })
    void predicted_processor_time_is_that_of_measured_runs(
            int nodes,
            double connections,
            String mix,
            double broadcasts,
            double payload,
            double webSockets,
            double measured) {
        Workload workload = new Workload(
                connections,
                webSockets,
                payload,
                ScopeMix.parse(mix, connections, 1, 1).flows(connections, 0, broadcasts),
                true);
        Setup setup = new Setup(
                Machine.parse("measured", "2c/8g"), 1, 0, Transport.PLAIN, BrokerKind.AUTO, ProxyKind.NONE, 5, 0.9, 0);
        // A broker of its own kind does not change the work of a node.
        NodeLoad load = new NodeModel(Calibration.shipped(), workload, setup, 0).load(nodes);

        assertThat(load.processor().total() * nodes).isCloseTo(measured, within(measured * 0.25));
    }

    @Test
    void p99_at_60_percent_of_a_core_is_that_of_the_measured_run() {
        Workload workload = new Workload(
                10_000, 0, 100, ScopeMix.parse("global=100%", 10_000, 1, 1).flows(10_000, 0, 8.7), true);
        Setup setup = new Setup(
                Machine.parse("measured", "1c/8g"), 1, 0, Transport.PLAIN, BrokerKind.AUTO, ProxyKind.NONE, 5, 0.9, 0);

        double p99 =
                new NodeModel(Calibration.shipped(), workload, setup, 0).load(1).p99Seconds();

        // docs/performance.md: 86.1 ms, 83.0 to 122 in single rounds.
        assertThat(p99).isBetween(0.070, 0.130);
    }

    @Test
    void a_delivery_is_cheaper_the_more_there_are_until_only_the_write_is_left() {
        Plan plan = Plans.PLANNER.plan(Plans.workload(10_000, 1, "topic@100=100%"), Plans.setup("8c/16g/10gbit", 0));

        List<Double> costs = new Curves(plan)
                .atRates(0.001, 10, 9).stream()
                        .map(at -> at.load().microsPerDelivery())
                        .toList();

        assertThat(costs).isSortedAccordingTo((one, other) -> Double.compare(other, one));
        assertThat(costs.getFirst()).isGreaterThan(10 * Calibration.shipped().value(Cost.WRITE_SSE));
        assertThat(costs.getLast()).isLessThan(2 * Calibration.shipped().value(Cost.WRITE_SSE));
    }

    @Test
    void only_events_of_the_same_list_share_a_write() {
        double one = load("global=100%", 130).batch();
        double many = load("topic@100=100%", 130).batch();

        assertThat(one).isGreaterThan(1.5);
        assertThat(many).isCloseTo(1, within(0.1));
    }

    private static NodeLoad load(String mix, double rate) {
        return new NodeModel(Calibration.shipped(), Plans.workload(2_000, rate, mix), Plans.setup("2c/4g", 0), 0)
                .load(1);
    }

    @Test
    void an_event_of_a_topic_costs_only_the_nodes_that_are_interested() {
        Setup setup = Plans.setup("8c/16g/10gbit", 0);
        Workload topics = Plans.workload(100_000, 1, "topic@2=100%");
        Workload everywhere = Plans.workload(100_000, 1, "global=100%");

        assertThat(new NodeModel(Calibration.shipped(), topics, setup, 0)
                        .load(8)
                        .events())
                .isCloseTo(topics.broadcasts() * 2 / 8, within(topics.broadcasts() * 0.02));
        assertThat(new NodeModel(Calibration.shipped(), everywhere, setup, 0)
                        .load(8)
                        .events())
                .isCloseTo(everywhere.broadcasts(), within(1e-9));
    }

    @Test
    void wider_spreads_make_a_plan_less_sure() {
        Workload workload = Plans.workload(500_000, 2, "topic@1000=100%");
        Setup setup = Plans.setup("4c/16g/10gbit", 1);
        Calibration wide = Calibration.parse("wide", "write.sse.us = 6.5 2 40 measured 2026-11-29 a test");

        Confidence usual = Plans.PLANNER.plan(workload, setup).confidence();
        Confidence wider =
                new Planner(wide, Prices.none()).plan(workload, setup).confidence();

        assertThat(wider.highest()).isGreaterThan(usual.highest());
        assertThat(wider.lowest()).isLessThanOrEqualTo(usual.lowest());
        assertThat(wider.influences().getFirst().figure().cost()).isEqualTo(Cost.WRITE_SSE);
        assertThat(wider.grade()).isEqualTo("poor");
    }

    @Test
    void the_next_step_is_where_the_number_of_nodes_changes() {
        Workload workload = Plans.workload(500_000, 2, "topic@1000=100%");
        Setup setup = Plans.setup("8c/16g/10gbit", 1);
        Plan plan = Plans.PLANNER.plan(workload, setup);
        Plan.Next next = plan.next();

        assertThat(next).isNotNull();
        assertThat(nodes(next == null ? 1 : next.connections() * 0.99, setup)).isEqualTo(plan.nodes());
        assertThat(nodes(next == null ? 1 : next.connections() * 1.01, setup)).isGreaterThan(plan.nodes());
    }

    private static int nodes(double connections, Setup setup) {
        return Plans.PLANNER
                .plan(Plans.workload(connections, 2, "topic@1000=100%"), setup)
                .nodes();
    }

    @Test
    void prices_choose_the_cheapest_machine() {
        Prices prices = Prices.parse("""
                # prices of a test
                currency = EUR
                machine.small = 2c/4g/10gbit@0.05
                machine.dear = 2c/4g/10gbit@0.50
                egress.gb = 0.01
                """);
        Planner planner = new Planner(Calibration.shipped(), prices);
        Workload workload = Plans.workload(20_000, 1, "global=100%");
        Machine cheapest = planner.cheapest(workload, Plans.setup("1c/2g", 1));
        Plan plan = planner.plan(workload, Plans.setup("1c/2g", 1).on(cheapest));

        assertThat(cheapest.name()).isEqualTo("small");
        assertThat(plan.cost().nodes()).isCloseTo(plan.nodes() * 0.05 * 730, within(1e-6));
        assertThat(plan.cost().traffic()).isPositive();
        assertThat(plan.cost().text()).endsWith(" EUR");
        assertThat(plan.alternatives()).extracting(one -> one.machine().name()).containsExactly("small", "dear");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1000 | 1 | global=100% | 1c/1g | 0.001 | p99: 1 ms: without any load an event takes",
                "1000000 | 2 | session=100% | 8c/16g | 0.25 | one NATS server orders all events",
                "10 | 1000 | global=100% | 1c/1g/0.001gbit | 0.25 | network: 0.0010 Gbit/s: a node must send",
                "10 | 60000 | global=100% | 1c/1g/10gbit | 0.25 | processor time: each node receives 60,000 events a second"
            })
    void an_impossible_wish_names_what_stands_against_it(
            double connections, double rate, String mix, String machine, double p99, String message) {
        Setup setup = Plans.setup(machine, 1);
        Setup bound = new Setup(
                setup.machine(),
                p99,
                1,
                setup.transport(),
                setup.broker(),
                setup.proxy(),
                5,
                0.6,
                setup.roundTripSeconds());

        assertThatThrownBy(() -> Plans.PLANNER.plan(Plans.workload(connections, rate, mix), bound))
                .isInstanceOf(PlanException.class)
                .hasMessageContaining(message);
    }

    @Test
    void a_broker_in_memory_serves_one_node_only() {
        Setup setup = Plans.setup("8c/16g", 0);
        Setup memory = new Setup(
                setup.machine(), 0.25, 0, setup.transport(), BrokerKind.MEMORY, setup.proxy(), 5, 0.6, 0.0005);

        assertThat(Plans.PLANNER
                        .plan(Plans.workload(1_000, 1, "global=100%"), memory)
                        .broker()
                        .servers())
                .isZero();
        assertThatThrownBy(() -> Plans.PLANNER.plan(Plans.workload(5_000_000, 1, "global=100%"), memory))
                .isInstanceOf(PlanException.class)
                .hasMessageStartingWith("broker: memory: it lives inside one node");
    }
}
