package dev.carillon.node;

import dev.carillon.process.RedisServer;
import org.junit.jupiter.api.Tag;

@Tag("redis")
class RedisClusterIT extends RemoteClusterContract {
    RedisClusterIT() {
        super(new RedisServer());
    }
}
