package dev.carillon.broker.nats;

import dev.carillon.bench.NatsServer;
import dev.carillon.bench.TestServer;
import dev.carillon.broker.RemoteBrokerContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract, on a nats-server of its own. */
@Tag("nats")
class NatsBrokerIT extends RemoteBrokerContract {
    private static NatsServer server;

    @BeforeAll
    static void startServer() {
        server = new NatsServer();
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
