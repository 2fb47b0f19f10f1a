package dev.carillon.node;

import dev.carillon.containers.Servers;
import org.junit.jupiter.api.Tag;

@Tag("redis")
class RedisClusterIT extends RemoteClusterContract {
    RedisClusterIT() {
        super(Servers.redis());
    }
}
