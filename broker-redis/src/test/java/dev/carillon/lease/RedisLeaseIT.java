package dev.carillon.lease;

import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("redis")
class RedisLeaseIT extends LeaseContract {
    private final TestServer server = Servers.redis();

    @Override
    protected String broker() {
        return server.address();
    }

    @AfterAll
    void stopServer() {
        server.close();
    }
}
