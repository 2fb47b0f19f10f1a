package dev.carillon.examples.pages;

import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.Tag;

@Tag("full")
@Tag("process")
@Tag("chromium")
@Tag("redis")
class RedisExamplesIT extends ExamplesContract {
    private final TestServer server = Servers.redis();

    @Override
    protected String broker() {
        return server.address();
    }

    @Override
    protected void stopBroker() {
        server.close();
    }
}
