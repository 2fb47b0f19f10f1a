package dev.carillon.node;

import dev.carillon.process.NatsServer;
import org.junit.jupiter.api.Tag;

@Tag("nats")
class NatsClusterIT extends RemoteClusterContract {
    NatsClusterIT() {
        super(new NatsServer());
    }
}
