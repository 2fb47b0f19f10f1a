package dev.carillon.node;

import dev.carillon.broker.NatsServer;

class NatsClusterIT extends RemoteClusterContract {
    NatsClusterIT() {
        super(new NatsServer());
    }
}
