package dev.carillon.examples.pages;

import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.Tag;

@Tag("full")
@Tag("process")
@Tag("chromium")
@Tag("nats")
class NatsExamplesIT extends ExamplesContract {
    private final TestServer server = Servers.nats();

    @Override
    protected String broker() {
        return server.address();
    }

    @Override
    protected void stopBroker() {
        server.close();
    }
}
