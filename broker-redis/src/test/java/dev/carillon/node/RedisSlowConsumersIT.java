package dev.carillon.node;

import dev.carillon.process.RedisServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("redis")
class RedisSlowConsumersIT extends SlowConsumerContract {
    private final RedisServer server = new RedisServer();

    @Override
    protected String broker() {
        return server.address();
    }

    @AfterAll
    void stopServer() {
        server.close();
    }
}
