package dev.carillon.broker.redis;

import dev.carillon.broker.RemoteBrokerContract;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract of {@link RedisBrokerIT}, on a server in a container. */
@Tag("full")
@Tag("containers")
@Tag("redis")
class RedisContainerBrokerIT extends RemoteBrokerContract {
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = Servers.redis(Servers.Source.CONTAINER);
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
