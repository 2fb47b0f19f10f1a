package dev.carillon.node;

import static org.assertj.core.api.Assumptions.assumeThat;

import dev.carillon.process.RedisServer;
import dev.carillon.process.SmallDisk;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.Tag;

/** A disk without space below the append-only file that Redis synchronises each second: it refuses writes, and retries its own. */
@Tag("full")
@Tag("redis")
class RedisDiskFullIT extends FullBrokerContract {
    private final SmallDisk disk;
    private final RedisServer server;

    RedisDiskFullIT() {
        assumeThat(SmallDisk.refusal()).as("a file system of its own").isEmpty();
        disk = new SmallDisk(16_384);
        server = RedisServer.on(disk, "--appendfsync", "everysec");
    }

    @Override
    protected String broker() {
        return server.address();
    }

    @Override
    protected void fill() {
        disk.fill();
    }

    @Override
    protected void makeSpace() {
        disk.free();
    }

    @Override
    protected boolean restarts() {
        return false;
    }

    @Override
    protected String reason() {
        return "No space left on device";
    }

    @Override
    protected void restart() {
        server.restart(TestServer.Data.KEPT);
    }

    @Override
    protected void stop() {
        server.close();
        disk.close();
    }
}
