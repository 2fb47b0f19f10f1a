package dev.carillon.node;

import dev.carillon.bench.NatsServer;

class NatsClusterIT extends RemoteClusterContract {
    NatsClusterIT() {
        super(new NatsServer());
    }
}
