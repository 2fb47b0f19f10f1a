package dev.carillon.broker.redis;

import dev.carillon.bench.RedisServer;
import dev.carillon.bench.TestServer;
import dev.carillon.broker.RemoteBrokerContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("redis")
class RedisBrokerIT extends RemoteBrokerContract {
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = new RedisServer();
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
