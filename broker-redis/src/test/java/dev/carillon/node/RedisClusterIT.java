package dev.carillon.node;

import dev.carillon.broker.RedisServer;

class RedisClusterIT extends RemoteClusterContract {
    RedisClusterIT() {
        super(new RedisServer());
    }
}
