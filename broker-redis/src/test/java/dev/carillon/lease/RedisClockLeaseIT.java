package dev.carillon.lease;

import static dev.carillon.lease.LeaseNode.LENGTH;
import static dev.carillon.lease.LeaseNode.MARGIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.process.FakeClock;
import dev.carillon.process.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A lease of three nodes while the clock of their store jumps. */
@Tag("full")
@Tag("redis")
@Tag("cc")
class RedisClockLeaseIT {
    private static final Duration HOUR = Duration.ofHours(1);

    private final FakeClock clock = new FakeClock();
    private final RedisServer server = new RedisServer(RedisServer.Program.REDIS, clock);
    private final List<Broker> brokers = new ArrayList<>();

    @AfterEach
    void stop() {
        brokers.forEach(Broker::close);
        server.close();
        clock.close();
    }

    private LeaseNode node(int number) {
        Broker broker = Brokers.open(server.address(), PatientOptions.of("clock" + number));
        brokers.add(broker);
        return new LeaseNode(broker.store(), "n" + number, "jumps", Duration.ofDays(number));
    }

    @Test
    void no_two_nodes_hold_the_lease_over_jumps_and_one_holds_it_afterwards() {
        List<LeaseNode> nodes = List.of(node(1).acquire(), node(2).tick(), node(3).tick());
        List<Duration> differences = List.of(HOUR, Duration.ZERO, HOUR.multipliedBy(48), HOUR.negated(), Duration.ZERO);
        for (Duration difference : differences) {
            clock.set(difference);
            for (int i = 0; i < 2 * LENGTH.dividedBy(MARGIN); i++) {
                for (LeaseNode node : nodes) {
                    node.pass(MARGIN).tick();
                    assertThat(nodes.stream().filter(LeaseNode::holds).count())
                            .as("holders at a difference of %s", difference)
                            .isLessThanOrEqualTo(1);
                }
            }
            assertThat(nodes.stream().filter(LeaseNode::holds))
                    .as("after %s", difference)
                    .hasSize(1);
        }
        LeaseNode last = nodes.stream().filter(LeaseNode::holds).findFirst().orElseThrow();
        long fence = last.fence();
        last.drain();
        await().until(() -> nodes.stream()
                .filter(node -> node != last)
                .anyMatch(node -> node.tick().holds()));
        LeaseNode next = nodes.stream().filter(LeaseNode::holds).findFirst().orElseThrow();
        assertThat(next.fence()).isGreaterThan(fence);
    }
}
