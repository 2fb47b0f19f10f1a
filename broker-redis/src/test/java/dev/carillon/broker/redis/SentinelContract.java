package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Appended;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerContract;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.Page;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.RedisOptions;
import dev.carillon.process.RedisServer;
import dev.carillon.process.SentinelServers;
import dev.carillon.scope.Position;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contract on a primary that sentinels name, with broadcasts that wait for its replica; and what a fail-over means for the log. */
abstract class SentinelContract extends BrokerContract {
    /** Those of all tests of the class. */
    abstract SentinelServers servers();

    @Override
    protected Broker open(BrokerOptions options) {
        return Brokers.open(servers().address(), options.redis(new RedisOptions("show", 1)));
    }

    @Override
    protected AutoCloseable stall() {
        return ScriptPause.at(servers().primary().port());
    }

    @Test
    void promoted_replica_continues_the_log_in_a_new_epoch() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        two.join(tenant, A);
        Position before = broadcast(one, "before", A).at();
        awaitEvents(1, two);

        servers().failOver();

        await().ignoreExceptions()
                .untilAsserted(() ->
                        assertThat(broadcast(one, "after", A).at().epoch()).isGreaterThan(before.epoch()));
        await().until(() -> two.data().contains("after"));
        assertThat(two.health()).anyMatch(HealthEvent.PossibleLoss.class::isInstance);
        Page page = get(two.broker().log().read(tenant, List.of(A), before, 10));
        assertThat(page.events()).extracting(live -> live.event().data()).contains("after");
    }

    @Test
    void tenant_without_traffic_at_the_other_primary_begins_a_new_epoch_when_the_first_is_primary_again() {
        RecordingNode node = node("one");
        Appended before = broadcast(node, "before", A);

        servers().failOver();
        servers().failOver();

        await().ignoreExceptions().untilAsserted(() -> {
            Position after = broadcast(node, "after", A).at();
            assertThat(after.epoch()).isGreaterThan(before.at().epoch());
        });
    }

    @Test
    void killed_primary_is_replaced_and_its_node_reconnects() {
        RecordingNode node = node("one");
        Position before = broadcast(node, "before", A).at();

        RedisServer killed = servers().killPrimary();

        killed.start();
        await().ignoreExceptions()
                .untilAsserted(() ->
                        assertThat(broadcast(node, "after", A).at().epoch()).isGreaterThan(before.epoch()));
        servers().awaitReady();
    }
}
