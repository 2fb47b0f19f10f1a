package dev.carillon.broker.redis;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerContract;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.process.RedisClusterServers;
import dev.carillon.process.RedisServer;
import io.lettuce.core.cluster.SlotHash;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract on a cluster of three Valkey servers. */
@Tag("full")
@Tag("valkey")
class ValkeyClusterIT extends BrokerContract {
    private static RedisClusterServers servers;

    @BeforeAll
    static void start() {
        servers = new RedisClusterServers(RedisServer.Program.VALKEY, 3, false);
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
}
