package dev.carillon.broker.nats;

import dev.carillon.broker.RemoteBrokerContract;
import dev.carillon.process.NatsServer;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract of {@link NatsBrokerIT}, on the current release of the server. */
@Tag("full")
@Tag("nats-current")
class NatsCurrentBrokerIT extends RemoteBrokerContract {
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = new NatsServer(NatsServer.Release.CURRENT);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    protected TestServer server() {
        return server;
    }
}
