package dev.carillon.lease;

import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("nats")
class NatsLeaseIT extends LeaseContract {
    private final TestServer server = Servers.nats();

    @Override
    protected String broker() {
        return server.address();
    }

    @AfterAll
    void stopServer() {
        server.close();
    }
}
