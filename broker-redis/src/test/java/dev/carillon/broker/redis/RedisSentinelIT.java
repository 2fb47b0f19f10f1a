package dev.carillon.broker.redis;

import dev.carillon.process.SentinelServers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("full")
@Tag("redis")
class RedisSentinelIT extends SentinelContract {
    private static SentinelServers servers;

    @BeforeAll
    static void start() {
        servers = new SentinelServers(1);
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
