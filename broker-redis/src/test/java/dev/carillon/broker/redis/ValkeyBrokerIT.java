package dev.carillon.broker.redis;

import dev.carillon.broker.RemoteBrokerContract;
import dev.carillon.process.RedisServer;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract of {@link RedisBrokerIT}, on a Valkey server. */
@Tag("full")
@Tag("valkey")
class ValkeyBrokerIT extends RemoteBrokerContract {
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = new RedisServer(RedisServer.Program.VALKEY);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    protected TestServer server() {
        return server;
    }
}
