package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.ConfigException;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerContract;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.RedisOptions;
import dev.carillon.process.RedisClusterServers;
import dev.carillon.process.RedisServer;
import dev.carillon.scope.Event;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.TestAuthority;
import io.lettuce.core.cluster.SlotHash;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a Redis Cluster over TLS, whose servers use TLS among each other, too. */
@Tag("full")
@Tag("redis")
@Tag("own-jvm") // What the JVM trusts holds for all of it.
class SecureClusterIT extends BrokerContract {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path dir;

    private static RedisClusterServers servers;
    private static TestAuthority authority;

    @BeforeAll
    static void start() throws Exception {
        authority = new TestAuthority(dir);
        authority.trustInThisJvm();
        servers = cluster("dns:localhost,ip:127.0.0.1", true);
    }

    private static RedisClusterServers cluster(String names, boolean withReplicas) throws Exception {
        TestAuthority.Identity identity = authority.issue(withReplicas ? "good" : "other", names);
        return RedisClusterServers.secure(
                3, withReplicas, identity.certificate(), identity.key(), authority.certificate());
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
    void killed_primary_is_replaced_over_tls() {
        RecordingNode node = closing(new RecordingNode(
                open(BrokerOptions.of("one").startTimeout(Patience.LIMIT).redis(new RedisOptions("carillon", 1)))));
        node.join(tenant, A);
        await().ignoreExceptions().until(() -> get(node.channel().broadcast(event("before", A))) != null);

        RedisServer killed = servers.killPrimary(SlotHash.getSlot(tenant.name()));
        killed.start();
        servers.awaitReady();

        Event after = event("after", A);
        await().ignoreExceptions().until(() -> get(node.channel().broadcast(after)) != null);
        await().until(() -> node.data().contains("after"));
    }

    @Test
    void server_with_a_certificate_for_another_name_is_refused() throws Exception {
        try (RedisClusterServers others = cluster("dns:other.example,ip:127.0.0.2", false)) {
            assertThat(others.address()).startsWith("rediss+cluster://");
            assertThatThrownBy(() -> Brokers.open(
                                    others.address(), BrokerOptions.of("n").startTimeout(Patience.LIMIT))
                            .close())
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("the certificate of the server is refused: ");
        }
    }
}
