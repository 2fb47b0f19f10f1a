package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerContract;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Interest;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.process.RedisClusterServers;
import dev.carillon.process.RedisServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Tenant;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract on a Redis Cluster of three primaries. */
@Tag("full")
@Tag("redis")
class ClusterBrokerIT extends BrokerContract {
    private static final int SYSTEM = SlotHash.getSlot(Tenant.SYSTEM.name());
    private static final Duration SHORT = Duration.ofSeconds(3);

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

    @Override
    protected AutoCloseable stall() {
        return ScriptPause.at(servers.primaryOf(SlotHash.getSlot(tenant.name())).port());
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

    @Test
    void node_starts_without_a_primary_of_other_tenants_and_joins_all_of_them_or_none() {
        try (RedisClusterServers cluster = new RedisClusterServers(3, false)) {
            withoutFullCoverage(cluster);
            RedisServer system = cluster.primaryOf(SYSTEM);
            Tenant here = tenant(cluster, system);
            RedisServer stopped = other(cluster, system);
            Tenant there = tenant(cluster, stopped);
            stopped.stop();

            try (RecordingNode node = new RecordingNode(
                    Brokers.open(cluster.address(), BrokerOptions.of("n").startTimeout(SHORT)))) {
                assertThat(node.broker().health().connected()).isFalse();
                assertThatThrownBy(() -> get(node.channel().join(List.of(Interest.in(here, A), Interest.in(there, A)))))
                        .isInstanceOf(BrokerUnavailableException.class);
                String channel = new Keys("carillon", 0).live(here) + A.text();
                await().until(() -> Long.valueOf(0)
                        .equals(ask(system, redis -> redis.pubsubShardNumsub(channel))
                                .get(channel)));
                get(node.channel().broadcast(Event.to(A).tenant(here).data("x").build()));

                stopped.start();
                await().until(() -> node.broker().health().connected());
                get(node.channel().join(List.of(Interest.in(here, A), Interest.in(there, A))));
                await().ignoreExceptions().until(() -> {
                    get(node.channel()
                            .broadcast(Event.to(A).tenant(there).data("there").build()));
                    return node.data().contains("there");
                });
            }
        }
    }

    @Test
    void node_does_not_start_without_the_primary_of_the_whole_clusters_state() {
        try (RedisClusterServers cluster = new RedisClusterServers(3, false)) {
            withoutFullCoverage(cluster);
            cluster.primaryOf(SYSTEM).stop();

            assertThatThrownBy(() -> Brokers.open(
                            cluster.address(), BrokerOptions.of("n").startTimeout(SHORT)))
                    .isInstanceOf(BrokerUnavailableException.class)
                    .hasMessageContaining("with the slot of tenant _system");
        }
    }

    private static <T> T ask(RedisServer server, Function<RedisCommands<String, String>, T> question) {
        try (RedisClient client = RedisClient.create("redis://127.0.0.1:" + server.port())) {
            return question.apply(client.connect().sync());
        }
    }

    private static void withoutFullCoverage(RedisClusterServers cluster) {
        for (RedisServer server : primaries(cluster)) {
            String answer = ask(server, redis -> redis.configSet("cluster-require-full-coverage", "no"));
            assertThat(answer).isEqualTo("OK");
        }
    }

    private static List<RedisServer> primaries(RedisClusterServers cluster) {
        return List.of(cluster.primaryOf(0), cluster.primaryOf(8_000), cluster.primaryOf(16_000));
    }

    private static RedisServer other(RedisClusterServers cluster, RedisServer than) {
        return primaries(cluster).stream()
                .filter(server -> server != than)
                .findFirst()
                .orElseThrow();
    }

    private static Tenant tenant(RedisClusterServers cluster, RedisServer of) {
        return IntStream.range(0, 1_000)
                .mapToObj(i -> new Tenant("t" + i))
                .filter(tenant -> cluster.primaryOf(SlotHash.getSlot(tenant.name())) == of)
                .findFirst()
                .orElseThrow();
    }
}
