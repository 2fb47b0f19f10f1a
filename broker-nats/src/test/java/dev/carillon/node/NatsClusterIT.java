package dev.carillon.node;

import dev.carillon.containers.Servers;
import org.junit.jupiter.api.Tag;

@Tag("nats")
class NatsClusterIT extends RemoteClusterContract {
    NatsClusterIT() {
        super(Servers.nats());
    }
}
