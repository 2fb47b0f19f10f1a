package dev.carillon.node;

import dev.carillon.bench.RedisServer;

class RedisClusterIT extends RemoteClusterContract {
    RedisClusterIT() {
        super(new RedisServer());
    }
}
