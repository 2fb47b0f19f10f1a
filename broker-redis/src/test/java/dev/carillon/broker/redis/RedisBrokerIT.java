package dev.carillon.broker.redis;

import dev.carillon.broker.RemoteBrokerContract;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("redis")
class RedisBrokerIT extends RemoteBrokerContract {
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = Servers.redis();
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
