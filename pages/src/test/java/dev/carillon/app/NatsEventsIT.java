package dev.carillon.app;

import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

@Tag("full")
@Tag("nats")
class NatsEventsIT extends EventsContract {
    private final TestServer server = Servers.nats();

    @Override
    protected String broker() {
        return server.address();
    }

    @AfterEach
    void stop() {
        server.close();
    }
}
