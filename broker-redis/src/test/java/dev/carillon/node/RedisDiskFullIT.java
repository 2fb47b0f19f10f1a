package dev.carillon.node;

import dev.carillon.process.RedisServer;
import org.junit.jupiter.api.Tag;

/** A disk without space below the append-only file that Redis synchronises each second: it refuses writes, and retries its own. */
@Tag("full")
@Tag("redis")
class RedisDiskFullIT extends DiskFullContract {
    RedisDiskFullIT() {
        super(16_384, disk -> RedisServer.on(disk, "--appendfsync", "everysec"));
    }

    @Override
    protected String reason() {
        return "No space left on device";
    }
}
