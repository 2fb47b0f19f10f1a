package dev.carillon.broker.redis;

import dev.carillon.process.RedisServer;
import dev.carillon.process.SentinelServers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract and the fail-overs of {@link RedisSentinelIT}, on Valkey servers and sentinels. */
@Tag("full")
@Tag("valkey")
class ValkeySentinelIT extends SentinelContract {
    private static SentinelServers servers;

    @BeforeAll
    static void start() {
        servers = new SentinelServers(1, RedisServer.Program.VALKEY, RedisServer.Program.VALKEY);
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @Override
    SentinelServers servers() {
        return servers;
    }
}
