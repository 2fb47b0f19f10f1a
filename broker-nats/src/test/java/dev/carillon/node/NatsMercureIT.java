package dev.carillon.node;

import dev.carillon.process.NatsServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("nats")
class NatsMercureIT extends MercureContract {
    private final NatsServer server = new NatsServer();

    @Override
    protected String broker() {
        return server.address();
    }

    @AfterAll
    void stopServer() {
        server.close();
    }
}
