package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerContract;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Interest;
import dev.carillon.broker.RecordingNode;
import dev.carillon.process.RedisClusterServers;
import dev.carillon.scope.Event;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract on a Redis Cluster of three primaries. */
@Tag("full")
@Tag("redis")
class ClusterBrokerIT extends BrokerContract {
    private static RedisClusterServers servers;

    @BeforeAll
    static void start() {
        servers = new RedisClusterServers(3, false);
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @Override
    protected Broker open(BrokerOptions options) {
        return Brokers.open(servers.address(), options);
    }

    @Test
    void tenants_on_all_primaries_are_joined_broadcast_and_compared_together() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        List<Tenant> tenants = new ArrayList<>();
        List<Interest> interests = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            Tenant next = new Tenant(tenant + "-" + i);
            tenants.add(next);
            interests.add(Interest.in(next, A));
            interests.add(Interest.in(next, B));
        }
        get(two.channel().join(interests));

        for (Tenant next : tenants) {
            get(one.channel()
                    .broadcast(Event.to(A, B).tenant(next).data(next.name()).build()));
        }

        awaitEvents(tenants.size(), two);
        assertThat(two.data())
                .containsExactlyInAnyOrderElementsOf(
                        tenants.stream().map(Tenant::name).toList());
        assertThat(get(two.broker().log().heads(interests))).hasSize(interests.size());
        get(two.channel().leave(interests));
        await().until(() -> two.broker().health().connected());
    }
}
