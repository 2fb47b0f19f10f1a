package dev.carillon.quota;

import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("full")
@Tag("nats")
class NatsTenantLimitsIT extends TenantLimitsContract {
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
