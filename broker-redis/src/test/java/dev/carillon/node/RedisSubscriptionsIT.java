package dev.carillon.node;

import dev.carillon.bench.RedisServer;
import org.junit.jupiter.api.AfterAll;

class RedisSubscriptionsIT extends SubscriptionsContract {
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
