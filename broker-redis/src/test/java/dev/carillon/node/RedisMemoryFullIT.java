package dev.carillon.node;

import dev.carillon.broker.redis.RedisSettings;
import dev.carillon.process.RedisServer;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.Tag;

/** Redis at its {@code maxmemory}. */
@Tag("full")
@Tag("redis")
class RedisMemoryFullIT extends FullBrokerContract {
    private static final long SPACE = 300_000;

    private final RedisServer server = new RedisServer("--appendfsync", "always", "--maxmemory-policy", "noeviction");

    @Override
    protected String broker() {
        return server.address();
    }

    @Override
    protected void fill() {
        try (RedisSettings settings = new RedisSettings(server.address())) {
            settings.set("maxmemory", Long.toString(settings.usedMemory() + SPACE));
        }
    }

    @Override
    protected void makeSpace() {
        server.configure("maxmemory", "0");
    }

    @Override
    protected boolean restarts() {
        return false;
    }

    @Override
    protected String reason() {
        return "no memory left: raise its maxmemory";
    }

    @Override
    protected void restart() {
        server.restart(TestServer.Data.KEPT);
    }

    @Override
    protected void stop() {
        server.close();
    }
}
