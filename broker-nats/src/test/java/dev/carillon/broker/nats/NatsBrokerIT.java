package dev.carillon.broker.nats;

import dev.carillon.broker.RemoteBrokerContract;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The broker contract, on a nats-server of its own. */
@Tag("nats")
class NatsBrokerIT extends RemoteBrokerContract {
    private static TestServer server;

    @BeforeAll
    static void startServer() {
        server = Servers.nats();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Override
    protected TestServer server() {
        return server;
    }
}
