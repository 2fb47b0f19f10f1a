package dev.carillon.node;

import static org.awaitility.Awaitility.await;

import dev.carillon.process.RedisServer;
import org.junit.jupiter.api.Tag;

/** The same with {@code appendfsync always}: Redis ends, and is started when there is space. */
@Tag("full")
@Tag("redis")
class RedisDiskFullAlwaysIT extends DiskFullContract {
    RedisDiskFullAlwaysIT() {
        super(16_384, disk -> RedisServer.on(disk, "--appendfsync", "always"));
    }

    @Override
    protected void fill() {
        super.fill();
        await().until(() -> !server().isAlive());
    }

    @Override
    protected void makeSpace() {
        super.makeSpace();
        restart();
    }

    @Override
    protected boolean restarts() {
        return true;
    }

    @Override
    protected String reason() {
        return "Redis is unavailable";
    }
}
